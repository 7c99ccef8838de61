//go:build !linux

package caller_test

import "github.com/pinion-go/pinion/loop"

func osThread() int { return loop.OSThreadID() }
