//go:build js || wasip1

package loop

import "runtime"

// With one thread there is nothing to pin, and the runtime counts the locks of all goroutines together,
// which coroutines do not survive.
func pin()   {}
func unpin() {}

// breathe lets other goroutines run between two turns: nothing preempts a busy loop where there is one thread.
func breathe() { runtime.Gosched() }
