// Package mainthread runs a caller on the process's main thread, on which some toolkits insist.
//
// Importing it keeps the main goroutine on that thread from the start, before main runs; hence it has to
// be imported, if only for that effect, by the program that calls Run from main.
package mainthread

import (
	"context"
	"runtime"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
)

// thread is the main thread: package initialisation runs on it.
var thread = func() int {
	runtime.LockOSThread()
	return loop.OSThreadID()
}()

// Run is caller.Run on the main thread. It has to be called by the main goroutine, that is from main or a
// function that main calls; elsewhere the error is caller.ErrNotMainThread.
func Run(body func(ctx context.Context, c *caller.Caller) error, opts ...caller.Option) error {
	if loop.OSThreadID() != thread {
		return caller.ErrNotMainThread
	}
	return caller.Run(context.Background(), body, opts...)
}
