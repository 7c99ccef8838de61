package main

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"

	"github.com/pinion-go/pinion/bench/internal/measure"
	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// yields has two parties take turns on one thread: time per switch from one to the other.
func yields(cfg measure.Config) ([]measure.Row, error) {
	c := newCaller()
	return measure.Race(cfg, []measure.Lane{
		{Name: "two calls, loop.Yield", Pinned: "yes", Ours: true, Stop: callerContender{c}.stop,
			Turn: measure.Timed(burst, func(n int) error { return yieldCalls(c, n) })},
		{Name: "coroutine alone (iter.Pull)", Pinned: "yes", Stop: func() {}, Turn: measure.Timed(burst, pullSwitches)},
		{Name: "two pinned goroutines, chan", Pinned: "two threads", Stop: func() {}, Turn: measure.Timed(burst, chanSwitches(true))},
		{Name: "two goroutines, chan", Pinned: "no", Stop: func() {}, Turn: measure.Timed(burst, chanSwitches(false))},
	})
}

func yieldCalls(c *caller.Caller, switches int) error {
	background := context.Background()
	last, unfair := 0, 0
	party := func(me int) func(context.Context) error {
		return func(ctx context.Context) error {
			for range (switches + 1) / 2 {
				if last == me {
					unfair++ // no switch happened
				}
				last = me
				if err := loop.Yield(ctx); err != nil {
					return err
				}
			}
			return nil
		}
	}
	var a, b *pending.Pending[pending.None]
	// Made by a call, both are there before the first of them runs.
	if err := c.Do(background, func() {
		a = c.CallSoon(background, party(1))
		b = c.CallSoon(background, party(2))
	}); err != nil {
		return err
	}
	if _, err := a.Wait(background); err != nil {
		return err
	}
	if _, err := b.Wait(background); err != nil {
		return err
	}
	if unfair > 0 {
		return fmt.Errorf("%d of %d yields came back without the other call having run", unfair, switches)
	}
	return nil
}

// pullSwitches is the floor: the runtime's own coroutine switch, on a pinned goroutine as in a loop.
func pullSwitches(switches int) error {
	<-pinnedGoroutine(func() {
		next, stop := iter.Pull(func(yield func(int) bool) {
			for yield(0) {
			}
		})
		defer stop()
		for range (switches + 1) / 2 { // in and out
			next()
		}
	})
	return nil
}

func chanSwitches(pinned bool) func(int) error {
	return func(switches int) error {
		ping, pong := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		party := func(turn func()) {
			if pinned {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
			}
			for range (switches + 1) / 2 {
				turn()
			}
		}
		wg.Go(func() { party(func() { <-ping; pong <- struct{}{} }) })
		wg.Go(func() { party(func() { ping <- struct{}{}; <-pong }) })
		wg.Wait()
		return nil
	}
}
