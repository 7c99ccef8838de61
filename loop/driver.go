package loop

import (
	"context"
	"fmt"
	"time"
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
	for !l.stopping.Load() && err == nil {
		err = l.iterate()
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

// iterate runs what is ready, for a slice of time where there are native events, and sleeps until more is.
func (l *Loop) iterate() error {
	now := l.now()
	until := int64(never)
	if l.host != nil {
		until = now + int64(slice)
	}
	for l.ready(now) {
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

// goOn is where the hub goes on to the next turn by itself, in a loop that has the thread to itself: that spares the
// way to the driver and back.
func (l *Loop) goOn() bool {
	if l.host != nil || !l.runs.Load() || l.unwinding || l.stopping.Load() || !l.ready(l.turnNow) {
		return false
	}
	l.beginTurn(l.endTurn(), never)
	return true
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
