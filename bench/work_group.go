package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pinion-go/pinion/bench/internal/measure"
	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
)

// groups has a pinned thread run a hundred calls and waits for them all: as a group, and as goroutines that each
// make one of the calls.
func groups(cfg measure.Config) ([]measure.Row, error) {
	const members = 100
	background := context.Background()
	c := newCaller()
	lanes := []measure.Lane{countLane(measure.Lane{Name: "group of CallSoon", Pinned: "yes", Ours: true, Stop: callerContender{c}.stop}, members,
		func(n int, fn func()) error {
			call := func(context.Context) error { fn(); return nil }
			for range n {
				if err := group.Run(background, func(ctx context.Context, _ *group.PendingGroup) error {
					for range members {
						c.CallSoon(ctx, call)
					}
					return nil
				}); err != nil {
					return err
				}
			}
			return nil
		})}
	for _, w := range chanWays() {
		rival := w.open()
		lanes = append(lanes, countLane(measure.Lane{Name: "errgroup, " + w.name, Pinned: "yes", Stop: rival.stop}, members,
			func(n int, fn func()) error {
				call := func() error { rival.do(fn); return nil }
				for range n {
					var g errgroup.Group
					for range members {
						g.Go(call)
					}
					if err := g.Wait(); err != nil {
						return err
					}
				}
				return nil
			}))
	}
	return measure.Race(cfg, lanes)
}

// cancelGroups cancels groups of very many members, from the call of Cancel until all members are done: time per
// member, which should not depend on their number.
func cancelGroups(cfg measure.Config) ([]measure.Row, error) {
	many := cfg.Count(10_000)
	return measure.Race(cfg, []measure.Lane{
		cancelLane("10,000 suspended calls", many, suspendedMembers),
		cancelLane("1,000 suspended calls", many/10, suspendedMembers),
		cancelLane("10,000 queued calls", many, queuedMembers),
		cancelLane("1,000 queued calls", many/10, queuedMembers),
	})
}

// cancelLane measures groups whose members start makes. It returns what is to be done once they have ended.
func cancelLane(name string, n int, start func(ctx context.Context, c *caller.Caller, n int) (after func())) measure.Lane {
	c := newCaller()
	return measure.Lane{Name: name, Pinned: "yes", Ours: true, Stop: callerContender{c}.stop, Turn: func(time.Duration) (measure.Sample, error) {
		var begin time.Time
		after := func() {}
		err := group.Run(context.Background(), func(ctx context.Context, g *group.PendingGroup) error {
			after = start(ctx, c, n)
			if open := len(g.Pending()); open != n {
				return fmt.Errorf("%d of %d members are not done", open, n)
			}
			runtime.GC() // what making them has left behind is not for this to collect
			begin = time.Now()
			g.Cancel("enough")
			return nil
		})
		took := time.Since(begin)
		after()
		return measure.Sample{Value: float64(took.Nanoseconds()) / float64(n)}, err
	}}
}

// suspendedMembers wait in calls that run.
func suspendedMembers(ctx context.Context, c *caller.Caller, n int) (after func()) {
	for range n {
		c.CallSoon(ctx, func(ctx context.Context) error { return loop.Sleep(ctx, time.Hour) })
	}
	must(c.Do(context.Background(), func() {})) // calls start in order: by now all have
	return func() {}
}

// queuedMembers have a call before them that keeps the thread.
func queuedMembers(ctx context.Context, c *caller.Caller, n int) (after func()) {
	release := make(chan struct{})
	must(c.CallDirect(func() { <-release }))
	for range n {
		c.CallSoon(ctx, func(context.Context) error { return errors.New("a queued call has run") })
	}
	return func() { close(release) }
}
