package caller

import (
	"context"
	"time"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/registry"
)

// CallSoon has fn called on c's thread and returns its result to come, without waiting. It may be called
// from anywhere, at any time. WithBackend makes it a CallUsingBackend.
//
// Calls handed over by one goroutine start in its order, CallSoon and CallDirect alike. fn's context has
// the values of ctx, belongs to c, and ends when ctx ends, when the Pending is cancelled, and when c stops.
// It stays good after fn has returned, so fn may start calls under it and leave. When fn waits, it is
// suspended and the thread goes on with other calls; between its waits fn has the thread to itself.
//
// The outcome is what fn returns; *pending.PanicError or pending.ErrGoexit if it does not; cancellation, if
// it is cancelled or c stops before it is over. When c does not take the call, the Pending is done on
// return: cancelled with loop.ErrStopped as the cause after Stop, loop.ErrMailboxFull, loop.ErrNilFunc,
// ErrNoCaller.
func CallSoon[T any](ctx context.Context, c *Caller, fn func(context.Context) (T, error)) *pending.Pending[T] {
	return schedule(ctx, c, callConfig{}, fn)
}

// CallLater is CallSoon once d has passed, counted from now; never earlier. Zero or less is at once. Calls
// due at the same time start in the order of submission. Calls that are not due when c stops are cancelled.
func CallLater[T any](ctx context.Context, c *Caller, d time.Duration, fn func(context.Context) (T, error)) *pending.Pending[T] {
	return schedule(ctx, c, callConfig{delay: d}, fn)
}

// noResult makes a function without a result one that returns None.
func noResult(fn func(context.Context) error) func(context.Context) (pending.None, error) {
	if fn == nil {
		return nil
	}
	return func(ctx context.Context) (pending.None, error) { return pending.None{}, fn(ctx) }
}

// CallSoon is the function CallSoon for a call without a result.
func (c *Caller) CallSoon(ctx context.Context, fn func(context.Context) error) *pending.Pending[pending.None] {
	return CallSoon(ctx, c, noResult(fn))
}

// CallLater is the function CallLater for a call without a result.
func (c *Caller) CallLater(ctx context.Context, d time.Duration, fn func(context.Context) error) *pending.Pending[pending.None] {
	return CallLater(ctx, c, d, noResult(fn))
}

// CallDirect posts fn to the caller's thread: the cheapest call, with no Pending and no context. Errors and
// the rest as with loop.Post: ErrStopped, ErrMailboxFull, ErrNilFunc; a panic is logged.
func (c *Caller) CallDirect(fn func()) error {
	if c == nil {
		return ErrNoCaller
	}
	return c.loop.Post(fn)
}

// Do runs fn on the caller's thread and waits for it: at once on the caller's own thread, by suspending the
// call inside another caller's. See loop.Do for its errors.
func (c *Caller) Do(ctx context.Context, fn func()) error {
	if c == nil {
		return ErrNoCaller
	}
	return c.loop.Do(ctx, fn)
}

// Current returns the caller that ctx belongs to; failing that, the one on whose thread it is called;
// failing that, nil.
func Current(ctx context.Context) *Caller {
	if l := loop.Current(ctx); l != nil {
		c, _ := l.Owner().(*Caller)
		return c
	}
	return nil
}

// CurrentPending returns the Pending of the call that ctx belongs to, or nil.
func CurrentPending(ctx context.Context) pending.Handle { return pending.Current(ctx) }

// Existing returns the caller with that ID, unless it has stopped.
func Existing(id registry.ID) (*Caller, bool) {
	e, ok := registry.Lookup(id)
	c, isCaller := e.(*Caller)
	return c, ok && isCaller
}

// All returns the callers, oldest first: those that are running, or also those that start or stop.
func All(runningOnly bool) []*Caller {
	var all []*Caller
	for _, e := range registry.All(runningOnly) {
		if c, ok := e.(*Caller); ok {
			all = append(all, c)
		}
	}
	return all
}
