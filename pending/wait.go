package pending

import (
	"context"

	"github.com/pinion-go/pinion/loop"
)

// WaitOption changes what the end of a wait's context does.
type WaitOption uint8

const (
	protect WaitOption = 1 << iota
	shield
)

// Protect leaves what is waited for alone when the wait is given up.
func Protect() WaitOption { return protect }

// Shield goes on waiting although the context has ended.
func Shield() WaitOption { return shield }

// WaitDone waits until p is done, however it ends. It may be called from anywhere: on a loop's thread
// it suspends the call, elsewhere it blocks the goroutine.
//
// When ctx ends first, the wait is given up: WaitDone cancels p, unless it is protected, and returns
// ctx's error without waiting for what the cancelling leads to. The same holds, with loop.ErrStopped,
// when the loop of the call stops. Other errors leave p as it is: ErrDeadlock in the call that is to
// produce p, and loop.ErrCannotSuspend.
func (p *core) WaitDone(ctx context.Context, opts ...WaitOption) error {
	if p.IsDone() {
		return nil
	}
	var flags WaitOption
	for _, o := range opts {
		flags |= o
	}
	if flags&shield != 0 {
		ctx = unending(ctx)
	}
	parker, trip, err := p.prepare(ctx, flags)
	if err == nil && parker != nil {
		err = p.park(ctx, parker, flags)
	}
	trip.End()
	return err
}

//go:noinline
func unending(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

// prepare finds out who waits; no Parker says that p is done already. What needs a larger frame is done
// here, and not in the functions that are on the stack of a suspended call.
//
//go:noinline
func (p *core) prepare(ctx context.Context, flags WaitOption) (parker *loop.Parker, trip loop.Trip, err error) {
	t := p.scheduled
	if t == nil {
		parker, err = loop.Self()
		return parker, trip, err
	}
	if flags != 0 || t.ancestor.Load() != nil || !same(ctx, t.parent) {
		t.link()
	}
	if t.loop != nil && !loop.Inside() {
		if trip = t.loop.Expect(p); p.IsDone() {
			return nil, trip, nil
		}
	}
	if parker, err = loop.Self(); err == nil && parker.Running() == loop.Call(t) {
		err = ErrDeadlock
	}
	return parker, trip, err
}

// park waits in line until p is done.
func (p *core) park(ctx context.Context, parker *loop.Parker, flags WaitOption) error {
	e, ok := p.add(parker, nil)
	for ok && !p.IsDone() {
		if err := parker.Park(ctx); err != nil {
			return p.giveUp(e, err, flags)
		}
	}
	if ok {
		p.remove(e)
	}
	return nil
}

// giveUp ends a wait that err has ended before p was done.
func (p *core) giveUp(e *entry, err error, flags WaitOption) error {
	p.remove(e)
	if p.IsDone() {
		return nil
	}
	if flags&protect == 0 && !p.protected {
		p.cancel("the wait for it was given up", err)
	}
	return err
}
