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
	if !loop.Inside() {
		return p.block(ctx, flags)
	}
	parker, err := p.waiter()
	if err != nil {
		return err
	}
	p.watchFor(ctx, flags)
	return p.park(ctx, parker, flags)
}

// A call that waits is suspended with the frames of WaitDone and park on its stack. What needs larger ones
// is done in the functions below.

//go:noinline
func unending(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

// block is WaitDone for a goroutine that belongs to no loop.
//
//go:noinline
func (p *core) block(ctx context.Context, flags WaitOption) error {
	p.watchFor(ctx, flags)
	if t := p.scheduled; t != nil {
		if t.runsHere() {
			return ErrDeadlock
		}
		if l := t.loop(); l != nil {
			trip := l.Expect(p)
			defer trip.End()
			if p.IsDone() {
				return nil
			}
		}
	}
	parker, err := loop.Self()
	if err != nil {
		return err
	}
	return p.park(ctx, parker, flags)
}

// waiter returns the Parker of the running call, unless that is the one that has to produce p.
//
//go:noinline
func (p *core) waiter() (*loop.Parker, error) {
	parker, err := loop.Self()
	if err == nil && p.runs(parker.Running()) {
		err = ErrDeadlock
	}
	return parker, err
}

// runsHere reports whether t runs on the calling goroutine, which belongs to no loop.
func (t *task) runsHere() bool {
	self := t.self.Load()
	return self != 0 && self == loop.GoroutineID()
}

// RunningOn returns the Pending of the call that parker's owner runs, nil where it runs none that has one. A call on
// a goroutine is found if ctx belongs to it.
func RunningOn(ctx context.Context, parker *loop.Parker) Handle {
	switch c := parker.Running().(type) {
	case *task:
		return c.p.self
	case Piece:
		return c.Whole()
	}
	if t, ok := ctx.Value(taskKey{}).(*task); ok && t.runsHere() {
		return t.p.self
	}
	return nil
}

// watchFor is observe, on behalf of a wait under ctx: one that is given up when the call's own context ends
// needs no help.
func (p *core) watchFor(ctx context.Context, flags WaitOption) {
	if t := p.scheduled; t != nil && (flags != 0 || t.ancestor.Load() != nil || !same(ctx, t.parent)) {
		t.link()
	}
}

// park waits in line until p is done.
func (p *core) park(ctx context.Context, parker *loop.Parker, flags WaitOption) error {
	e, ok := p.add(parker)
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
