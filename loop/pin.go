//go:build !js && !wasip1

package loop

import "runtime"

func pin()   { runtime.LockOSThread() }
func unpin() { runtime.UnlockOSThread() }

// breathe is for platforms with one thread.
func breathe() {}
