package loop

import (
	"context"
	"runtime"
	"time"
)

// The functions below wait. Inside a call on a loop's thread they suspend the call, so that the
// thread goes on with other work; elsewhere they block the goroutine. All of them can be called from
// any goroutine, with any context, and have these errors in common: ctx's, when it ends first;
// ErrStopped, when the loop of the call stops; ErrCannotSuspend. A function on a loop's thread has to leave
// runtime.LockOSThread as it found it before it waits or returns: the Go runtime ends the process otherwise
// (golang/go#67499).

// Sleep waits for d. A d of zero or less is a Yield.
func Sleep(ctx context.Context, d time.Duration) error {
	p, err := Self()
	switch {
	case err != nil:
		return err
	case d <= 0:
		return yield(ctx, p)
	case p.co == nil:
		return sleep(ctx, d)
	}
	co := p.co
	if err := co.loop.arm(&co.timer, d); err != nil {
		return err
	}
	for until := co.timer.when; err == nil && co.loop.now() < until; {
		err = co.park(ctx)
	}
	co.timer.Stop()
	return err
}

// sleep is Sleep of a goroutine.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Yield lets everything that is ready run first: suspended calls whose wait is over, timers that are
// due, and calls that have arrived by now.
func Yield(ctx context.Context) error {
	p, err := Self()
	if err != nil {
		return err
	}
	return yield(ctx, p)
}

func yield(ctx context.Context, p *Parker) error {
	if p.co == nil {
		runtime.Gosched()
		return ctx.Err()
	}
	l := p.co.loop
	if l.unwinding {
		return ErrStopped
	}
	arrived := l.mailbox.PutLast(p.co)
	p.co.yieldedAt, p.co.yieldedSeq = l.turnNow, l.timers.seq.Load()
	p.co.yieldedAfter = l.resumed + uint64(len(l.resumes)-l.resumePos+arrived)
	if err := p.co.suspend(); err != nil {
		return err
	}
	return ctx.Err()
}

// Block runs fn, which may block its goroutine as it likes, and waits for its result: on a goroutine
// of its own while the call is suspended, or at once where no loop's thread would be held up. fn's
// context ends when Block returns. When ctx ends first, a suspended call does not wait for fn: its
// result is dropped. Outside of a loop fn is waited for all the same, and has to heed its context. When ctx has
// ended before, or the loop stops, fn is not called. A panic in fn comes back as *PanicError.
func Block[T any](ctx context.Context, fn func(context.Context) (T, error)) (T, error) {
	var zero T
	if fn == nil {
		return zero, ErrNilFunc
	}
	p, err := Self()
	if err != nil {
		return zero, err
	}
	if p.co != nil && p.co.loop.unwinding {
		return zero, ErrStopped
	}
	if err := ctx.Err(); err != nil {
		return zero, err
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	if p.co == nil {
		return guarded(inner, fn)
	}
	type result struct {
		v   T
		err error
	}
	done := make(chan result, 1)
	go func() {
		r := result{err: ErrGoexit}
		defer func() {
			done <- r
			p.Unpark()
		}()
		r.v, r.err = guarded(inner, fn)
	}()
	for {
		select {
		case r := <-done:
			return r.v, r.err
		default:
		}
		if err := p.Park(ctx); err != nil {
			return zero, err
		}
	}
}

// guarded runs fn and turns a panic into an error.
func guarded[T any](ctx context.Context, fn func(context.Context) (T, error)) (v T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = Recovered(r)
		}
	}()
	return fn(ctx)
}

// Receive receives from ch. ok is false when ch is closed, as with the two-valued receive. A value
// is never lost: when one arrives just as ctx ends, it is returned.
func Receive[T any](ctx context.Context, ch <-chan T) (v T, ok bool, err error) {
	select {
	case v, ok = <-ch:
		return v, ok, nil
	default:
	}
	p, err := Self()
	if err != nil {
		return v, false, err
	}
	if p.co == nil {
		select {
		case v, ok = <-ch:
			return v, ok, nil
		case <-ctx.Done():
			return v, false, ctx.Err()
		}
	}
	given, done := make(chan struct{}), make(chan struct{})
	received := false
	go func() {
		defer p.Unpark()
		defer close(done)
		select {
		case v, ok = <-ch:
			received = true
		case <-given:
		}
	}()
	for {
		select {
		case <-done:
			return v, ok, nil
		default:
		}
		if err = p.Park(ctx); err != nil {
			close(given)
			<-done
			if received {
				err = nil
			}
			return v, ok, err
		}
	}
}
