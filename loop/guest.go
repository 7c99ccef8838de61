package loop

import (
	"errors"
	"time"

	"go.uber.org/atomic"
)

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
