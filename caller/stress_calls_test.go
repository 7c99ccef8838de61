package caller_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// actor does things at random, on a goroutine or in a call.
type actor struct {
	s      *stress
	rnd    *rand.Rand
	id     int64
	depth  int
	pooled bool // a call of ToThread is waiting for this: it must not wait for another of them for ever
}

func (s *stress) actor(rnd *rand.Rand) *actor { return &actor{s: s, rnd: rnd, id: s.posters.Inc()} }

// next is the actor of a call that a starts.
func (a *actor) next(where place) *actor {
	own := a.s.actor(rand.New(rand.NewPCG(a.rnd.Uint64(), 1)))
	own.depth, own.pooled = a.depth+1, a.pooled || where == inWorker
	return own
}

func (a *actor) one(of int) bool { return a.rnd.IntN(of) == 0 }

func (a *actor) upTo(d time.Duration) time.Duration { return time.Duration(a.rnd.Int64N(int64(d))) }

// brief is a context that soon ends.
func (a *actor) brief(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, a.upTo(2*time.Millisecond))
}

// act does one thing.
func (a *actor) act(ctx context.Context) {
	defer a.s.progress.Inc()
	switch a.rnd.IntN(24) {
	case 0:
		a.direct(ctx)
	case 1:
		a.run(ctx)
	case 2, 3:
		a.enqueue(ctx)
	case 4:
		a.dropFunc(ctx)
	case 5, 6:
		a.group(ctx)
	case 7:
		a.manager(ctx)
	case 8:
		a.completed(ctx)
	case 9:
		a.waitMany(ctx)
	case 10:
		a.resolve(ctx)
	case 11:
		a.useSemaphore(ctx)
	case 12:
		a.useMutex(ctx)
	case 13:
		a.useEvent(ctx)
	case 14, 15:
		a.useQueue(ctx)
	case 16, 17:
		a.startStop(ctx)
	case 18:
		a.life(ctx)
	case 19, 20:
		a.meddle(ctx)
	default:
		a.single(ctx)
	}
}

// body is what a function does.
func (a *actor) body(ctx context.Context) error {
	switch a.rnd.IntN(14) {
	case 0:
		return errTest
	case 1:
		return loop.Sleep(ctx, a.upTo(300*time.Microsecond))
	case 2:
		return loop.Yield(context.Background())
	case 3:
		_, err := loop.Block(ctx, func(context.Context) (int, error) { return 1, nil })
		return err
	case 4:
		ctx, cancel := a.brief(ctx)
		defer cancel()
		return suspend(ctx)
	case 5:
		caller.CurrentPending(ctx).Cancel("by itself")
		return loop.Sleep(ctx, a.upTo(100*time.Microsecond))
	case 6:
		time.Sleep(a.upTo(100 * time.Microsecond))
		return nil
	case 7:
		<-a.done(ctx)
	default:
		if a.depth < 3 {
			a.act(ctx)
		}
	}
	return ctx.Err()
}

// done is closed soon, and when ctx ends.
func (a *actor) done(ctx context.Context) <-chan struct{} {
	ctx, cancel := context.WithTimeout(ctx, a.upTo(100*time.Microsecond))
	context.AfterFunc(ctx, cancel)
	return ctx.Done()
}

// call hands over a call.
func (a *actor) call(ctx context.Context, c *caller.Caller) (*pending.Pending[int], place) {
	where := [...]place{onLoop, onLoop, onLoop, asGuest, inWorker, inWorker, ofNobody}[a.rnd.IntN(7)]
	own := a.next(where)
	t := a.s.ticket(c, where)
	fn := func(ctx context.Context) (int, error) { return t.do(ctx, own) }
	var p *pending.Pending[int]
	later := a.one(4)
	delay := a.upTo(500 * time.Microsecond)
	switch {
	case where == onLoop && later:
		p = caller.CallLater(ctx, c, delay, fn)
	case where == onLoop:
		p = caller.CallSoon(ctx, c, fn)
	case where == asGuest && later:
		p = caller.ScheduleCall(ctx, c, fn, caller.On(caller.Goroutine), caller.Delay(delay), caller.Protected())
	case where == asGuest:
		p = caller.CallUsingBackend(ctx, c, caller.Goroutine, fn)
	case where == inWorker && later:
		p = caller.ScheduleCall(ctx, c, fn, caller.InWorker(), caller.Delay(delay))
	case where == inWorker:
		p = caller.ToThread(ctx, c, fn)
	default:
		t.on = nil
		p = pending.Go(ctx, fn)
	}
	t.handed.Store(true)
	return t.watch(p), where
}

// calls hands over a few, to callers at random.
func (a *actor) calls(ctx context.Context) (ps []*pending.Pending[int]) {
	for range 1 + a.rnd.IntN(4) {
		p, _ := a.call(ctx, a.pick(ctx))
		ps = append(ps, p)
	}
	return ps
}

// single hands over one and may wait for it or cancel it, in whatever state it is.
func (a *actor) single(ctx context.Context) {
	limited, cancel := ctx, func() {}
	if a.one(4) {
		limited, cancel = a.brief(ctx)
	}
	defer cancel()
	p, where := a.call(limited, a.pick(ctx))
	switch a.rnd.IntN(8) {
	case 0:
		p.Cancel("at once")
		if where == inWorker && p.Cancelled() && a.one(2) {
			p.Cancel("again")
		}
	case 1:
		_ = loop.Sleep(ctx, a.upTo(200*time.Microsecond))
		p.Cancel("later")
	case 2:
		wait, cancel := a.brief(ctx)
		_, _ = p.Wait(wait, pending.Protect())
		cancel()
	case 3:
		wait, cancel := a.brief(ctx)
		_, _ = p.Wait(wait)
		cancel()
	case 4:
		ctx, cancel := a.patience(ctx)
		_ = p.CancelWait(ctx, "and wait")
		cancel()
	case 5, 6:
		ctx, cancel := a.patience(ctx)
		if err := p.WaitDone(ctx); err == nil && !p.IsDone() {
			a.s.wrongf("waited for %v", p)
		}
		cancel()
	}
}

// patience is for waits that must not be for ever where that could be a circle.
func (a *actor) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.pooled {
		return a.brief(ctx)
	}
	return ctx, func() {}
}

// direct is a CallDirect that waits.
func (a *actor) direct(ctx context.Context) {
	a.s.direct[0].Inc()
	err := a.pick(ctx).CallDirect(func() {
		a.s.direct[1].Inc()
		_ = loop.Yield(context.Background())
	})
	if err != nil {
		a.s.direct[0].Dec()
		if !errors.Is(err, loop.ErrStopped) && !errors.Is(err, loop.ErrMailboxFull) {
			a.s.wrongf("CallDirect: %v", err)
		}
	}
}

// run is a Do.
func (a *actor) run(ctx context.Context) {
	c := a.pick(ctx)
	ran := 0
	err := c.Do(ctx, func() {
		ran++
		if !c.Loop().OnThread() {
			a.s.wrongf("a Do ran elsewhere")
		}
		if a.depth > 0 {
			_ = loop.Yield(context.Background())
		}
	})
	switch {
	case err == nil && ran != 1:
		a.s.wrongf("a Do ran %d times", ran)
	case err == nil, errors.Is(err, loop.ErrStopped), errors.Is(err, loop.ErrMailboxFull), ctx.Err() != nil:
	default:
		a.s.wrongf("Do: %v", err)
	}
}
