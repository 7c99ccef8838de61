package main

import (
	"context"

	"github.com/pinion-go/pinion/bench/internal/measure"
	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/queue"
)

// queueCalls compares calls of one function with an argument, strictly in order: through a queue of a caller, each
// a call of its own, and through a channel. The argument is the function that counts.
func queueCalls(cfg measure.Config) ([]measure.Row, error) {
	f := queue.NewFunc(func(_ context.Context, fn func()) error { fn(); return nil })
	lanes := []measure.Lane{
		ourLane("QueueCall", func(c *caller.Caller, fn func()) { must(caller.QueueCall(context.Background(), c, f, fn)) }),
		ourLane("CallSoon", callSoon),
		ourLane("CallDirect", func(c *caller.Caller, fn func()) { must(c.CallDirect(fn)) }),
	}
	for _, w := range postWays() {
		if !w.ours && w.pinned {
			lanes = append(lanes, postLane(w, 1))
		}
	}
	return measure.Race(cfg, lanes)
}
