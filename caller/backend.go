package caller

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// Backend is what runs a call.
type Backend int

// The backends.
const (
	// Thread is the caller's loop.
	Thread Backend = iota
	// Goroutine is a goroutine of the call's own, a guest of the caller: its context belongs to the caller, it
	// is told when the caller is told to stop, and the caller does not stop before it has ended.
	Goroutine
)

func (b Backend) String() string {
	switch b {
	case Thread:
		return "Thread"
	case Goroutine:
		return "Goroutine"
	}
	return fmt.Sprintf("Backend(%d)", int(b))
}

// valid returns ErrInvalid unless b is one of the constants.
func (b Backend) valid() error {
	if b != Thread && b != Goroutine {
		return fmt.Errorf("%w: %v: there are Thread and Goroutine", ErrInvalid, b)
	}
	return nil
}

// CallUsingBackend is CallSoon with the backend named: on c's thread, or on a goroutine of its own as a guest
// of c. A guest runs at once, also when c has not started yet, and beside c's calls. Whatever it does, c is
// Current, its outcome is that of a call, and c refuses it after Stop as it refuses calls; the mailbox limit
// is not for guests. When c is told to stop, the guest's context ends; c goes on serving the calls it has
// accepted until its guests have returned, and then stops. A guest that waits for c to stop has to do so under
// its own context.
//
// The error for another backend is ErrInvalid.
func CallUsingBackend[T any](ctx context.Context, c *Caller, b Backend, fn func(context.Context) (T, error)) *pending.Pending[T] {
	return schedule(ctx, c, callConfig{where: named, backend: b}, fn)
}

// addGuest runs t as a guest.
func (c *Caller) addGuest(t *pending.Prepared) {
	c.mu.Lock()
	accepted := c.state < Stopping
	if accepted {
		if c.guests == nil {
			c.guests = make(map[*pending.Prepared]uintptr)
		}
		c.guests[t] = 0
		c.othersLeft.Add(1)
	}
	c.mu.Unlock()
	if !accepted {
		t.Abort(loop.ErrStopped)
		return
	}
	t.Go(func(run func()) {
		defer c.removeGuest(t)
		c.mu.Lock()
		c.guests[t] = loop.GoroutineID()
		c.mu.Unlock()
		run()
	})
}

// waitsForGuest reports whether c cannot stop before the goroutine of that number has ended: a guest of c's or of
// one of its descendants.
func (c *Caller) waitsForGuest(id uintptr) bool {
	c.mu.Lock()
	own := slices.Contains(slices.Collect(maps.Values(c.guests)), id)
	children := slices.Clone(c.children)
	c.mu.Unlock()
	return own || slices.ContainsFunc(children, func(child *Caller) bool { return child.waitsForGuest(id) })
}

func (c *Caller) removeGuest(t *pending.Prepared) {
	c.mu.Lock()
	delete(c.guests, t)
	last, stops := len(c.guests) == 0, c.state >= Stopping
	c.mu.Unlock()
	c.othersLeft.Done()
	switch {
	case stops:
		c.oneHasStopped()
	case last:
		c.restAgain()
	}
}

// haltGuests ends the contexts of the guests.
func (c *Caller) haltGuests() {
	c.mu.Lock()
	guests := slices.Collect(maps.Keys(c.guests))
	c.mu.Unlock()
	for _, t := range guests {
		t.Halt()
	}
}

func (c *Caller) hasGuests() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.guests) > 0
}
