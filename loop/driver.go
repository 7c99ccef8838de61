package loop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/atomic"
)

// driver is the half of a loop that sleeps and is woken.
type driver interface {
	// wake ends the sleep that the loop has announced to its mailbox. Any goroutine may call it.
	wake()
	// sleep returns after wake, or once d has passed; a negative d is for ever. Driving goroutine only.
	sleep(d time.Duration) error
	// forget gives up what would keep the loop in memory once it has stopped. Driving goroutine only.
	forget()
}

func newDriver(l *Loop) driver {
	switch {
	case l.host != nil:
		return hosted{l.host}
	case l.guestRun != nil:
		l.mailbox.Sleep()
		return newGuest(l)
	default:
		return &parked{signal: make(chan struct{}, 1)}
	}
}

// parked sleeps on a channel, which testing/synctest understands, as it would not a pipe.
type parked struct {
	signal chan struct{}
	timer  *time.Timer
}

func (p *parked) wake() {
	select {
	case p.signal <- struct{}{}:
	default:
	}
}

func (p *parked) sleep(d time.Duration) error {
	switch {
	case d == 0:
		return nil
	case d < 0:
		<-p.signal
		return nil
	}
	if p.timer == nil {
		p.timer = time.NewTimer(d)
	} else {
		p.timer.Reset(d)
	}
	select {
	case <-p.signal:
		p.timer.Stop()
	case <-p.timer.C:
	}
	return nil
}

func (p *parked) forget() {}

// hosted sleeps in the native wait of a foreign loop.
type hosted struct{ host Host }

func (h hosted) wake() { h.host.Wake() }

func (h hosted) forget() {}

// sleep turns a panic of a native event handler into the host's error.
func (h hosted) sleep(d time.Duration) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = Recovered(v)
		}
	}()
	return h.host.Wait(d)
}

// guest does not sleep: it asks the foreign loop to call it again.
type guest struct {
	loop  *Loop
	turn  func()      // drain
	asked atomic.Bool // and not yet called: one turn at a time, or they would outgrow the toolkit's own work
	timer atomic.Pointer[time.Timer]

	// A turn that takes long may be in a nested native loop, where nobody else asks for the guest's next. Turns come
	// in quick succession, so late is not set and stopped for each: it looks whether one lasts when it fires.
	late  *time.Timer
	armed atomic.Bool
	since atomicInt64 // loop time at which the turn that lasts began, or 0
}

func newGuest(l *Loop) *guest {
	g := &guest{loop: l}
	g.turn = g.drain
	g.late = time.AfterFunc(time.Hour, g.look)
	g.late.Stop()
	return g
}

// wake leaves the toolkit alone once the loop has stopped: it may be gone.
func (g *guest) wake() {
	select {
	case <-g.loop.done:
	default:
		if !g.asked.Swap(true) {
			g.loop.guestRun(g.turn)
		}
	}
}

func (g *guest) drain() {
	g.asked.Store(false)
	g.since.Store(max(g.loop.now(), 1))
	defer g.since.Store(0)
	g.lookIn(2 * slice)
	next, more, err := g.loop.step(true)
	switch {
	case errors.Is(err, errOtherDepth), errors.Is(err, errInCall):
		g.nested()
	case errors.Is(err, ErrInUse) && g.loop.ThreadID() == 0:
		g.loop.end(err) // the toolkit's thread has a loop already: nothing would ever run
	case !more:
	case next == 0:
		g.wake()
	default:
		_ = g.sleep(next)
	}
}

func (g *guest) lookIn(d time.Duration) {
	if !g.armed.Swap(true) {
		g.late.Reset(d)
	}
}

func (g *guest) look() {
	g.armed.Store(false)
	since := g.since.Load()
	switch left := time.Duration(since + int64(2*slice) - g.loop.now()); {
	case since == 0:
	case left > 0:
		g.lookIn(left)
	default:
		g.wake()
	}
}

// sleep arranges for a wake-up once d has passed, and returns at once.
func (g *guest) sleep(d time.Duration) error {
	g.after(d, g.loop.Wake)
	return nil
}

func (g *guest) after(d time.Duration, fn func()) {
	if old := g.timer.Swap(time.AfterFunc(d, fn)); old != nil {
		old.Stop()
	}
}

// forget takes back the wake-up for a timer, which may be far away.
func (g *guest) forget() {
	if t := g.timer.Swap(nil); t != nil {
		t.Stop()
	}
	g.late.Stop()
}

// slice is how long calls may keep native events waiting.
const slice = 8 * time.Millisecond

// Run drives the loop: it pins the calling goroutine to its thread and runs what is handed over
// until Stop is called or ctx ends, and everything suspended has been unwound. Then it unpins the
// goroutine. It returns nil after Stop, ctx's error if that has ended, and the error of a host that
// failed. A loop runs once: later calls get ErrStopped, or ErrInUse while it is driven. Inside another
// loop's call the error is ErrInUse. One that was stopped before gets ErrStopped too, once its host is closed.
func (l *Loop) Run(ctx context.Context) (err error) {
	if l.guestRun != nil {
		return fmt.Errorf("%w: loop %q is a guest: the toolkit drives it", ErrInUse, l.name)
	}
	if err := l.bind(); err != nil {
		return l.unused(err)
	}
	l.runs.Store(true)
	l.enterThread()
	defer context.AfterFunc(ctx, l.Stop)()
	over := false
	defer func() {
		if !over { // a native event handler has called runtime.Goexit
			l.wind(ErrGoexit)
		}
	}()
	if l.host != nil {
		err = l.driver.sleep(0)
	}
	if err == nil {
		l.begin()
	}
	l.alone, l.stage, l.until = l.host == nil, stageEnd, never
	for !l.stopping.Load() && err == nil {
		if l.alone {
			l.switchToHub()
		} else {
			err = l.iterate()
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	over = true
	return l.wind(err)
}

// wind ends what Run has driven, and returns err or, failing that, what became of the host.
func (l *Loop) wind(err error) error {
	l.Stop()
	l.release()
	if l.host != nil {
		if cerr := l.host.Close(); err == nil {
			err = cerr
		}
	}
	l.finish(err)
	return err
}

// begin has the hook for the start run, as a call, so that what it does cannot end the loop.
func (l *Loop) begin() {
	if l.onStart != nil {
		l.mailbox.PutExpress(funcCall(l.onStart))
	}
}

// iterate runs what is ready, for a slice of time, and sleeps until more is or for native events.
func (l *Loop) iterate() error {
	now := l.now()
	for until := now + int64(slice); l.ready(now); {
		now = l.turn(now, until)
		if l.stopping.Load() {
			return nil
		}
		if now >= until {
			return l.driver.sleep(0)
		}
	}
	return l.await()
}

// await sleeps until there may be something to do, unless there is.
func (l *Loop) await() error {
	if l.tellIdle() {
		return nil
	}
	if l.shed() {
		return l.driver.sleep(0)
	}
	if l.host == nil && l.expectsMore() || !l.mailbox.Sleep() {
		return nil
	}
	l.slim()
	d := time.Duration(-1)
	if next := l.timers.next(); next != never {
		d = max(0, time.Duration(next-l.now()))
	}
	if l.stopping.Load() {
		d = 0
	}
	err := l.driver.sleep(d)
	l.mailbox.Wakened()
	return err
}

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
	case l.runs.Load() || !self.on(l) || l.running != nil:
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
		if until := time.Duration(next - now); d < 0 || until < d {
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
