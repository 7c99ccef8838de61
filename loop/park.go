package loop

import (
	"context"
	"unsafe"

	"go.uber.org/atomic"
)

// Parker is one waiter: a call on a loop's thread, which Park suspends, or a goroutine, which Park
// blocks. It holds at most one permit, like Java's LockSupport: Unpark gives it, Park takes it or
// waits for it. Park may return early, so it belongs in a loop around the condition waited for; in
// return nobody has to take care that an Unpark is not late.
//
// It is the seam on which packages build their own kinds of waiting; programs use those.
type Parker struct {
	co     *coroutine // nil: a goroutine
	drives *Loop      // the manual loop that the goroutine drives
	state  atomic.Uint32
	ch     chan struct{}
}

const (
	parkEmpty uint32 = iota
	parkPermit
	parkWaiting
)

// Self returns the Parker of the call that runs on this thread, or a new one on a goroutine that belongs to no
// loop, and on one that drives a manual loop and is not in a call: that goes on driving it while it waits. The
// error is ErrCannotSuspend, where the thread is a loop's but C frames, a native event handler or a coroutine
// of the user's own (iter.Pull) are in between. The Parker belongs to the goroutine that asked for it.
func Self() (*Parker, error) {
	co := here()
	switch {
	case co == nil && below() == nil:
		return &Parker{ch: make(chan struct{}, 1)}, nil
	case co != nil && co.drives() && co.loop.guestRun == nil:
		return &Parker{ch: make(chan struct{}, 1), drives: co.loop}, nil
	case co == nil || !co.canSuspend():
		return nil, ErrCannotSuspend
	}
	return &co.parker, nil
}

// drives reports whether co stands for the owner of a manual loop, outside of its calls.
func (co *coroutine) drives() bool { return co == &co.loop.rootSelf && !co.loop.runs.Load() }

// Inside reports whether the calling goroutine runs on a loop's thread.
func Inside() bool { return here() != nil }

// Running returns the Call that the Parker's owner runs, nil for a goroutine's.
func (p *Parker) Running() Call {
	if p.co == nil {
		return nil
	}
	return p.co.call
}

// Unpark ends the owner's Park, or the next one if it is not parked. Any goroutine may call it, any
// number of times; it does not block.
func (p *Parker) Unpark() {
	for {
		switch p.state.Load() {
		case parkPermit:
			return
		case parkEmpty:
			if p.state.CompareAndSwap(parkEmpty, parkPermit) {
				return
			}
		case parkWaiting:
			if p.state.CompareAndSwap(parkWaiting, parkEmpty) {
				p.wake()
				return
			}
		}
	}
}

func (p *Parker) wake() {
	if p.co == nil {
		p.ch <- struct{}{}
		if p.drives != nil {
			p.drives.kick()
		}
		return
	}
	l := p.co.loop
	if l.mailbox.PutExpress(p.co) {
		l.driver.wake()
	}
}

// take consumes a permit.
func (p *Parker) take() bool { return p.state.CompareAndSwap(parkPermit, parkEmpty) }

// Park waits for Unpark, or until ctx ends, whose error it returns. On a loop's thread it returns
// ErrStopped when the loop stops. Only the owner may call it.
func (p *Parker) Park(ctx context.Context) error {
	if p.co != nil {
		return p.co.park(ctx)
	}
	return p.block(ctx)
}

// block is Park of a goroutine.
func (p *Parker) block(ctx context.Context) error {
	if p.take() {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !p.state.CompareAndSwap(parkEmpty, parkWaiting) {
		p.take()
		return nil
	}
	if p.drives != nil {
		p.drives.driveUntil(ctx, p.ch)
	}
	end := ctx.Done()
	if end == nil {
		<-p.ch
		return nil
	}
	select {
	case <-p.ch:
		return nil
	case <-end:
		if !p.state.CompareAndSwap(parkWaiting, parkEmpty) {
			<-p.ch // an Unpark is about to send
		}
		return ctx.Err()
	}
}

// park suspends the call that co runs. A suspended call keeps the frames of this function and of its
// callers on its stack, which starts at 2 KiB: they are kept small, so that it need not grow.
func (co *coroutine) park(ctx context.Context) error {
	switch {
	case co.watch(ctx, &co.parker):
		err := co.yieldParked(ctx)
		co.watch(ctx, nil)
		return err
	case ctx.Done() == nil:
		return co.yieldParked(ctx)
	default:
		return co.parkUnder(ctx)
	}
}

// watch has the end of ctx unpark p without a channel, if ctx is the running call's very own.
//
//go:noinline
func (co *coroutine) watch(ctx context.Context, p *Parker) bool {
	t, ok := co.call.(Task)
	if ok = ok && ctx == context.Context(t); ok {
		t.Watch(p)
	}
	return ok
}

//go:noinline
func (co *coroutine) parkUnder(ctx context.Context) error {
	if co.unpark == nil {
		co.unpark = co.parker.Unpark
	}
	stop := context.AfterFunc(ctx, co.unpark)
	err := co.yieldParked(ctx)
	stop()
	return err
}

// yieldParked gives the thread away unless there is a permit or no reason to wait.
func (co *coroutine) yieldParked(ctx context.Context) error {
	if co.loop.unwinding {
		return ErrStopped
	}
	if co.parker.take() {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !co.parker.state.CompareAndSwap(parkEmpty, parkWaiting) {
		co.parker.take()
	} else if err := co.suspend(); err != nil {
		return err
	}
	return ctx.Err()
}

// suspend gives the thread to others until somebody runs co as a Call.
func (co *coroutine) suspend() error {
	l := co.loop
	if co.nth == 0 { // the first to be suspended is the first that has started
		l.waited++
		co.nth = l.waited
	}
	l.suspended.add(co)
	l.suspends.Inc()
	if l.hub == co {
		l.hub = nil
	}
	var newest byte
	co.stack = uintptr(unsafe.Pointer(&newest))
	co.yield(struct{}{})
	l.suspended.remove(co)
	if l.unwinding {
		return ErrStopped
	}
	return nil
}
