package caller_test

import (
	"context"
	"errors"
	"maps"
	"runtime"

	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// ticket is what TestStress knows of one call.
type ticket struct {
	s     *stress
	on    *caller.Caller // nil for pending.Go
	where place
	value int

	handed      atomic.Bool // over to its caller
	begun, ends atomic.Int32
	left        atomic.Bool
	way         atomic.Int32
}

// place is where a call belongs.
type place int

const (
	onLoop place = iota
	asGuest
	inWorker
	ofNobody
)

// The ways in which a function can end.
const (
	wayNone int32 = iota
	wayReturned
	wayFailed
	wayPanicked
	wayGoexit
)

func (s *stress) ticket(on *caller.Caller, where place) *ticket {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tickets++
	return &ticket{s: s, on: on, where: where, value: s.tickets}
}

// do is the function of the call.
func (t *ticket) do(ctx context.Context, a *actor) (int, error) {
	t.s.progress.Inc()
	switch n := t.begun.Inc(); {
	case n > 1:
		t.s.wrongf("call %d began %d times", t.value, n)
	case t.ends.Load() > 0:
		t.s.wrongf("call %d began after it had ended", t.value)
	}
	defer t.left.Store(true)
	t.checkPlace(ctx)
	defer t.checkPlace(ctx)
	switch a.rnd.IntN(12) {
	case 0:
		t.way.Store(wayPanicked)
		panic(errTest)
	case 1:
		t.way.Store(wayGoexit)
		runtime.Goexit()
	}
	err := a.body(ctx)
	if err != nil {
		t.way.Store(wayFailed)
		return 0, err
	}
	t.way.Store(wayReturned)
	return t.value, nil
}

func (t *ticket) checkPlace(ctx context.Context) {
	on := caller.Current(ctx)
	ok := on == t.on
	switch t.where {
	case onLoop:
		ok = ok && on.Loop().OnThread()
	case asGuest:
		ok = ok && !on.Loop().OnThread()
	case inWorker:
		ok = on.Parent() == t.on && on.Loop().OnThread()
	case ofNobody:
		ok = true
	}
	if !ok {
		t.s.wrongf("call %d, for %v in place %d, ran on %v", t.value, t.on, t.where, on)
	}
}

// watch follows p, the call's Pending.
func (t *ticket) watch(p *pending.Pending[int]) *pending.Pending[int] {
	t.s.mu.Lock()
	t.s.live[t] = p
	t.s.mu.Unlock()
	t.s.recent[t.value%len(t.s.recent)].Store(p)
	p.AddDoneCallback(func(h pending.Handle) {
		t.s.progress.Inc()
		t.s.mu.Lock()
		delete(t.s.live, t)
		t.s.mu.Unlock()
		if n := t.ends.Inc(); n > 1 {
			t.s.wrongf("%v ended %d times", p, n)
		}
		if h != pending.Handle(p) {
			t.s.wrongf("the callback of %v got %v", p, h)
		}
		if !t.fits(p) {
			t.s.wrongf("%v: begun %d, left %v, way %d: %v", p, t.begun.Load(), t.left.Load(), t.way.Load(), p.Err())
		}
	})
	return p
}

// fits reports whether the outcome is what comes of what the function did.
func (t *ticket) fits(p *pending.Pending[int]) bool {
	v, err := p.Result()
	begun, way := t.begun.Load() > 0, t.way.Load()
	switch {
	case begun && !t.left.Load() || !p.IsDone():
		return false
	case p.Cancelled() || errors.Is(err, pending.ErrCancelled) && way == wayNone:
		return p.Cancelled() && errors.Is(err, pending.ErrCancelled) && errors.Is(err, context.Canceled)
	case !begun:
		return errors.Is(err, loop.ErrMailboxFull)
	}
	switch way {
	case wayReturned:
		return err == nil && v == t.value
	case wayFailed:
		return err != nil
	case wayPanicked:
		_, ok := errors.AsType[*pending.PanicError](err)
		return ok && errors.Is(err, errTest)
	case wayGoexit:
		return errors.Is(err, pending.ErrGoexit)
	}
	return false
}

// meddle cancels a call that somebody else has made, in whatever state it is, or waits for it.
func (a *actor) meddle(ctx context.Context) {
	p := a.s.recent[a.rnd.IntN(len(a.s.recent))].Load()
	if p == nil {
		return
	}
	switch a.rnd.IntN(4) {
	case 0:
		limited, cancel := a.brief(ctx)
		_ = p.WaitDone(limited, pending.Protect())
		cancel()
	case 1:
		limited, cancel := a.brief(ctx)
		_ = p.WaitDone(limited)
		cancel()
	default:
		p.Cancel("by another")
	}
}

func (s *stress) alive() map[*ticket]pending.Handle {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.live)
}
