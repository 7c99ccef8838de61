package pending

import "github.com/pinion-go/pinion/loop"

// Place is where a prepared call is: with the loop that is to run it, or, while Loop is nil, with somebody who
// looks for one.
type Place struct {
	Loop *loop.Loop
	// Ended is called when a call in this place is about to be done, before anybody can see it. It is called
	// under the Pending's lock, on whatever goroutine ends the call: it must be short, and may neither run
	// functions of others nor use the Pending. It may be nil.
	Ended func(*Prepared)
}

// loop returns the one that runs the call, nil if it runs on a goroutine or has yet to be handed over.
func (t *task) loop() *loop.Loop {
	if !t.apart {
		return t.home
	}
	if place := t.place.Load(); place != nil {
		return place.Loop
	}
	return nil
}

// belongs returns the loop that the context belongs to, if any.
func (t *task) belongs() *loop.Loop {
	if l := t.loop(); l != nil {
		return l
	}
	return t.home
}

// stopping reports whether who runs the call has been told to stop.
func (t *task) stopping() bool {
	l := t.loop()
	return l != nil && l.Stopping() || t.ended.Load() == endedStopped
}

// move brings the call to another place unless its Pending is done.
func (t *task) move(to *Place) bool {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	if t.p.has(flagDone) {
		return false
	}
	t.place.Store(to)
	return true
}

// leavePlace tells the place that the call ends. t.p.mu is held.
func (t *task) leavePlace() {
	if place := t.place.Load(); place != nil && place.Ended != nil {
		place.Ended((*Prepared)(t))
	}
}
