package pending_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// callModel is a call as FuzzCall expects it.
type callModel struct {
	behaviour int
	parent    *callModel // a call without parent, or nil
	inContext bool       // started under the context of the test
	watched   bool
	due       int // virtual seconds

	started, done, cancelled, ended bool
	stopped                         bool // by the loop
}

const (
	returnsAtOnce = iota
	obeys         // waits for the gate under its context, returns that wait's error
	insists       // waits for the gate whatever happens, returns a value
	behaviours
)

// world is the model of everything around the calls.
type world struct {
	calls            []*callModel
	now              int
	gateOpen         bool
	contextEnded     bool
	stopped, stopRan bool
}

// ctxEnded reports whether the context of c has ended.
func (w *world) ctxEnded(c *callModel) bool {
	return c.ended || c.inContext && w.contextEnded || c.parent != nil && w.ctxEnded(c.parent)
}

func (w *world) cancel(c *callModel) bool {
	if c.done {
		return false
	}
	c.cancelled = true
	if c.started {
		c.ended = true
	} else {
		c.done = true
	}
	return true
}

// notice is what watched calls that have not started learn without the loop.
func (w *world) notice() {
	for _, c := range w.calls {
		if !c.watched || c.started || c.done {
			continue
		}
		// What the stopping loop is about to unwind or drop takes along what is under its context.
		unwound := w.stopped && c.parent != nil && !c.parent.done
		if w.ctxEnded(c) || unwound {
			c.stopped = !w.ctxEnded(c)
			w.cancel(c)
		}
	}
}

// drive is what a loop does that is driven.
func (w *world) drive() {
	if w.stopRan {
		return
	}
	for again := true; again; {
		again = false
		for _, c := range w.calls {
			switch {
			case c.done:
			case w.stopped:
				again = true
				w.stop(c)
			case !c.started && c.due <= w.now:
				again = true
				c.started = true
				if w.ctxEnded(c) {
					c.done, c.cancelled = true, true
				} else if c.behaviour == returnsAtOnce || w.gateOpen {
					c.done = true
				}
			case c.started && w.gateOpen:
				c.done = true
			case c.started && c.behaviour == obeys && w.ctxEnded(c):
				c.done, c.cancelled = true, true
			}
		}
	}
	w.stopRan = w.stopped
}

func (w *world) stop(c *callModel) {
	c.done = true
	if !c.started || c.behaviour == obeys && !w.gateOpen {
		c.stopped = !c.cancelled && !w.ctxEnded(c)
		c.cancelled = true
	}
}

// FuzzCall drives calls on a loop, that wait, are started by one another and end with one another, and
// compares them with the model whenever everything is at rest.
func FuzzCall(f *testing.F) {
	quiet(f)
	f.Add([]byte{0, 0, 2, 0})                               // a call that returns
	f.Add([]byte{0, 1, 2, 0, 3, 0, 2, 0})                   // cancelled while suspended
	f.Add([]byte{0, 2, 2, 0, 3, 0, 2, 0, 5, 0, 2, 0})       // unwilling
	f.Add([]byte{0, 1, 1, 1, 2, 0, 3, 0, 2, 0})             // a parent is cancelled
	f.Add([]byte{0, 9, 0, 25, 2, 0, 4, 0, 2, 0})            // the context ends
	f.Add([]byte{0, 67, 6, 1, 2, 0, 6, 200, 2, 0})          // delayed
	f.Add([]byte{0, 1, 0, 2, 2, 0, 0, 0, 7, 0, 2, 0, 0, 1}) // stopped
	f.Add([]byte{0, 1, 2, 0, 0, 1, 3, 0, 7, 0, 2, 0})       // cancelled, then stopped
	f.Add([]byte{0, 9, 2, 0, 4, 0, 7, 0, 2, 0})             // its context ends, then the loop stops
	f.Fuzz(func(t *testing.T, ops []byte) {
		synctest.Test(t, func(t *testing.T) { runCalls(t, ops) })
	})
}

func runCalls(t *testing.T, ops []byte) {
	l := manual(t)
	w := &world{}
	var ps []*pending.Pending[int]
	g := newGate()
	ctx, endContext := context.WithCancel(never)
	defer endContext()
	fns := [behaviours]func(ctx context.Context) (int, error){
		constant(1),
		through(g, 1),
		func(context.Context) (int, error) { _ = g.WaitDone(never, pending.Protect()); return 1, nil },
	}
	submit := func(arg int, under context.Context, c *callModel) {
		c.behaviour, c.watched = arg%4%behaviours, arg>>4&1 == 1
		delay := arg >> 6 & 3
		c.due = w.now + delay
		p := pending.Submit(under, l, time.Duration(delay)*second, fns[c.behaviour])
		if c.watched {
			p.AddDoneCallback(func(pending.Handle) {})
		} else if delay > 0 {
			c.watched = true // a timer is taken back at once
		}
		if w.stopped {
			c.done, c.cancelled, c.stopped = true, true, true
		}
		w.calls, ps = append(w.calls, c), append(ps, p)
	}
	for n := 0; len(ops) >= 2 && n < 64; n++ {
		op, arg := int(ops[0])%8, int(ops[1])
		ops = ops[2:]
		switch op {
		case 0: // a call, under the context of the test or under none
			if arg>>3&1 == 1 {
				submit(arg, ctx, &callModel{inContext: true})
			} else {
				submit(arg, never, &callModel{})
			}
		case 1: // a call under the context of another, which may be over
			if len(ps) == 0 || w.calls[arg>>3%len(ps)].parent != nil {
				continue
			}
			submit(arg, ps[arg>>3%len(ps)].Context(), &callModel{parent: w.calls[arg>>3%len(ps)]})
		case 2:
			w.drive()
			drive(l)
		case 3:
			if len(ps) > 0 {
				require.Equal(t, w.cancel(w.calls[arg%len(ps)]), ps[arg%len(ps)].Cancel(""))
			}
		case 4:
			w.contextEnded = true
			endContext()
		case 5:
			w.gateOpen = true
			open(g)
		case 6:
			w.now += arg % 8
			time.Sleep(time.Duration(arg%8) * second)
		case 7:
			w.stopped = true
			l.Stop()
			if closed(l.Done()) {
				w.drive() // it was never driven, and so has stopped at once
			}
		}
		synctest.Wait()
		w.notice()
		requireCalls(t, w, ps)
	}
	w.stopped = true
	l.Stop()
	synctest.Wait()
	w.drive()
	drive(l)
	require.True(t, closed(l.Done()))
	requireCalls(t, w, ps)
	for _, p := range ps {
		require.True(t, p.IsDone())
	}
}

func requireCalls(t *testing.T, w *world, ps []*pending.Pending[int]) {
	t.Helper()
	for i, c := range w.calls {
		p := ps[i]
		require.Equal(t, c.done, p.IsDone(), "call %d: %v, %+v", i, p, c)
		switch {
		case !c.done:
			require.Equal(t, c.cancelled, p.Cancelled())
			require.Equal(t, w.stopped || w.ctxEnded(c), p.Context().Err() != nil, "call %d: its context", i)
		case c.cancelled:
			requireCancelled(t, p)
			if c.stopped {
				require.ErrorIs(t, p.Err(), loop.ErrStopped)
			}
		default:
			requireResult(t, p, 1)
		}
	}
}
