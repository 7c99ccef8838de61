package loop

import (
	"context"

	"go.uber.org/atomic"
)

// Do runs fn on the loop's thread and waits for it. Any goroutine may call it: on the loop's own
// thread fn is called at once, inside another loop's call the call is suspended meanwhile.
//
// Errors: what became of a panic in fn (*PanicError) or a runtime.Goexit (ErrGoexit); ctx's error, when it
// ends first: then fn will not run if it had not started, and otherwise goes on by itself; ErrStopped,
// ErrMailboxFull, ErrNilFunc and, inside another loop's call, ErrCannotSuspend.
func (l *Loop) Do(ctx context.Context, fn func()) error {
	if fn == nil {
		return ErrNilFunc
	}
	co := here()
	if co.on(l) {
		return inline(ctx, fn)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	d := l.waiters.Get().(*doCall)
	d.fn, d.waiter = fn, &d.own
	if co != nil {
		self, err := Self()
		if err != nil {
			d.recycle()
			return err
		}
		d.waiter = self
	}
	if err := l.Submit(d); err != nil {
		d.recycle()
		return err
	}
	if co == nil {
		defer l.Expect(d).End()
		if on := below(); !d.IsDone() && on != nil && d.state.Swap(doAbandoned) != doDone {
			return on.doBelow(ctx, l, fn)
		}
	}
	for d.state.Load() != doDone {
		err := d.waiter.Park(ctx)
		if err != nil && d.state.Swap(doAbandoned) != doDone {
			return err
		} else if err != nil {
			break
		}
	}
	err := d.err
	d.recycle()
	return err
}

// doBelow is Do on l for a coroutine of the user's own on the thread of on.
func (on *Loop) doBelow(ctx context.Context, l *Loop, fn func()) error {
	if on == l {
		return inline(ctx, fn)
	}
	return ErrCannotSuspend
}

// inline runs fn on the spot.
func inline(ctx context.Context, fn func()) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer func() {
		if v := recover(); v != nil {
			err = Recovered(v)
		}
	}()
	fn()
	return nil
}

// doCall is one Do. Whoever moves state last, the waiter that leaves (doAbandoned) or the loop that is
// through (doDone), leaves it to the other to recycle it.
type doCall struct {
	loop   *Loop
	fn     func()
	err    error
	waiter *Parker
	own    Parker
	state  atomic.Uint32
}

const (
	doQueued uint32 = iota
	doDone
	doAbandoned
)

func newDoCall(l *Loop) *doCall {
	return &doCall{loop: l, own: Parker{ch: make(chan struct{}, 1)}}
}

// IsDone reports whether the waiter may go on.
func (d *doCall) IsDone() bool { return d.state.Load() == doDone }

// Run runs the function unless its waiter has left.
func (d *doCall) Run() {
	if d.state.Load() != doAbandoned {
		d.fn()
	}
	d.finish(nil)
}

// Abort tells the waiter.
func (d *doCall) Abort(err error) bool { return d.finish(err) }

func (d *doCall) finish(err error) bool {
	d.err = err
	w := d.waiter
	if d.state.Swap(doDone) == doAbandoned {
		d.recycle()
		return false
	}
	w.Unpark()
	return true
}

func (d *doCall) recycle() {
	d.fn, d.err, d.waiter = nil, nil, nil
	d.state.Store(doQueued)
	d.loop.waiters.Put(d)
}
