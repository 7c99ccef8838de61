package loop_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/pinion-go/pinion/loop"
)

// pullAndSleep waits inside an iterator that is pulled: the goroutine that waits is then not the call's
// own, and the loop's thread is held up for as long, which is the best that can be had.
func pullAndSleep() {
	next, stop := iter.Pull(func(yield func(int) bool) {
		_ = loop.Sleep(context.Background(), time.Millisecond)
		yield(1)
	})
	defer stop()
	next()
}

func TestWaitInsidePull(t *testing.T) { onLoop(pullAndSleep) }
