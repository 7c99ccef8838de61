package loop

import (
	"context"
	"fmt"
	"time"
)

// RunPending drives a manual or a guest loop: it runs what is ready, and what that makes ready, for
// up to 8 ms and the call that has begun by then, and does not wait. The goroutine that calls it first is
// pinned to its thread until the loop has stopped (it has to leave its own uses of runtime.LockOSThread as
// they are until then), and only that goroutine may call it again: from another one, or from inside one of
// the loop's own calls, it does nothing and logs an error. next says when it has to be called again: at once
// when zero, because work is left; later because of a timer. ok is false when nothing is planned, and after
// the loop has stopped.
func (l *Loop) RunPending() (next time.Duration, ok bool) {
	next, ok, err := l.Step()
	if err != nil && !l.stopping.Load() {
		l.log.Error().Err(err).Str("loop", l.name).Msg("RunPending did nothing")
	}
	return next, ok
}

// Step is RunPending with its error: ErrInUse for misuse, ErrStopped when the loop has stopped.
func (l *Loop) Step() (next time.Duration, ok bool, err error) { return l.step(false) }

// step is Step. Where the toolkit drives the loop, a call of C comes before every change of depth; elsewhere it may
// have returned since.
func (l *Loop) step(byToolkit bool) (next time.Duration, ok bool, err error) {
	if err := l.mine(); err != nil {
		return 0, false, err
	}
	if !l.atItsDepth(byToolkit) {
		return 0, true, errOtherDepth
	}
	now := l.now()
	for until := now + int64(slice); l.ready(now) && now < until && !l.stopping.Load(); {
		now = l.turn(now, until)
	}
	if l.stopping.Load() {
		l.release()
		l.finish(nil)
		return 0, false, ErrStopped
	}
	if l.tellIdle() || l.ready(now) || l.shed() || !l.mailbox.Sleep() || l.stopping.Load() {
		return 0, true, nil
	}
	if at := l.timers.next(); at != never {
		return time.Duration(max(at-now, 1)), true, nil
	}
	return 0, false, nil
}

// driveUntil drives a manual loop until there is something in ch, ctx ends or the loop has stopped.
func (l *Loop) driveUntil(ctx context.Context, ch chan struct{}) {
	for len(ch) == 0 {
		err := l.Await(ctx, -1)
		if err == nil {
			_, _, err = l.Step()
		}
		if err != nil {
			return
		}
	}
}

// kick ends a sleep of the driver, also one that is only about to begin.
func (l *Loop) kick() {
	if l.mailbox.PutExpress(funcCall(func() {})) {
		l.driver.wake()
	}
}

// Wake has a guest ask its toolkit to drive it, as work that is handed over does, so that it starts without
// any. Any goroutine may call it; on other loops it does no harm.
func (l *Loop) Wake() {
	if l.mailbox.Nudge() {
		l.driver.wake()
	}
}

// mine makes sure that the calling goroutine is the one that drives a manual loop.
func (l *Loop) mine() error {
	l.mu.Lock()
	state := l.state
	l.mu.Unlock()
	self := here()
	switch {
	case state == created:
		err := l.bind()
		if err == nil {
			l.begin()
		}
		return err
	case state == stopped:
		return ErrStopped
	case self.inCall():
		return errInCall
	case l.runs.Load() || !self.on(l):
		return fmt.Errorf("%w: loop %q has to be driven by the goroutine that did so first, outside of its own calls", ErrInUse, l.name)
	}
	return nil
}

// Await blocks the driver of a manual loop until there is something to run, until d has passed (for
// ever when negative, not at all when zero), or until ctx ends, whose error it returns. Other errors are those of Step.
func (l *Loop) Await(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p, ok := l.driver.(*parked)
	if !ok {
		return fmt.Errorf("%w: loop %q sleeps in its toolkit", ErrInUse, l.name)
	}
	if err := l.mine(); err != nil {
		return err
	}
	select {
	case <-p.signal: // of a call that has been run without sleeping
	default:
	}
	now := l.now()
	if d == 0 || l.ready(now) || !l.mailbox.Sleep() || l.stopping.Load() {
		return ctx.Err()
	}
	if next := l.timers.next(); next != never {
		if until := time.Duration(max(0, next-now)); d < 0 || until < d {
			d = until
		}
	}
	defer l.mailbox.Wakened()
	defer context.AfterFunc(ctx, p.wake)()
	if err := p.sleep(d); err != nil {
		return err
	}
	return ctx.Err()
}
