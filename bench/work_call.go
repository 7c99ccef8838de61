package main

import (
	"context"
	"fmt"

	"github.com/pinion-go/pinion/bench/internal/measure"
	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
)

// calls compares a call with a result with the plain round trip, both made by a goroutine that waits.
func calls(cfg measure.Config) ([]measure.Row, error) {
	background := context.Background()
	cancellable, cancel := context.WithCancel(background)
	defer cancel()

	each := func(name string, call func(c *caller.Caller, n int) (int, error)) measure.Lane {
		c := newCaller()
		n := 0
		return measure.Lane{Name: name, Pinned: "yes", Ours: true, Stop: callerContender{c}.stop, Turn: measure.Timed(burst, func(count int) error {
			for range count {
				n++
				if got, err := call(c, n); err != nil || got != n {
					return fmt.Errorf("call %d returned %d, %v", n, got, err)
				}
			}
			return nil
		})}
	}
	do := func(ctx context.Context) func(*caller.Caller, int) (int, error) {
		// What fn refers to is kept from call to call, as a program in a hurry would: the
		// allocations left are Pinion's.
		var arg, result int
		fn := func() { result = arg }
		return func(c *caller.Caller, n int) (int, error) {
			arg = n
			err := c.Do(ctx, fn)
			return result, err
		}
	}
	var arg int
	fn := func(context.Context) (int, error) { return arg, nil }
	return measure.Race(cfg, []measure.Lane{
		each("Do", do(background)),
		each("Do, cancellable context", do(cancellable)),
		each("CallSoon and Wait", func(c *caller.Caller, n int) (int, error) {
			arg = n
			return caller.CallSoon(background, c, fn).Wait(background)
		}),
	})
}

// neverWaits shows what a call costs that could wait and does not, beside one that cannot and one that does.
func neverWaits(cfg measure.Config) ([]measure.Row, error) {
	return measure.Race(cfg, []measure.Lane{
		ourLane("CallDirect", func(c *caller.Caller, fn func()) { must(c.CallDirect(fn)) }),
		ourLane("CallSoon, never waits", callSoon),
		ourLane("CallSoon, waits once", func(c *caller.Caller, fn func()) {
			c.CallSoon(context.Background(), func(ctx context.Context) error {
				err := loop.Yield(ctx)
				fn()
				return err
			})
		}),
	})
}

// ourLane hands calls over to a caller of its own, drain included.
func ourLane(name string, post func(c *caller.Caller, fn func())) measure.Lane {
	c := newCaller()
	l := measure.Lane{Name: name, Pinned: "yes", Ours: true, Stop: callerContender{c}.stop}
	return drainLane(l, 1, func(fn func()) { post(c, fn) })
}

func callSoon(c *caller.Caller, fn func()) {
	c.CallSoon(context.Background(), func(context.Context) error { fn(); return nil })
}
