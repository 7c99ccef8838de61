package pending

import (
	"context"
	"time"

	"github.com/pinion-go/pinion/loop"
)

// Prepared is a call that has its Pending and is still to be handed over. It is the seam for packages that
// decide later, or not by a loop alone, where a call runs.
type Prepared task

// Prepare makes a call for On or Go, which waits for either in place, if there is one. Its context belongs to the
// place's loop, and to home while there is none. A call without a function is over at once.
func Prepare[T any](ctx context.Context, home *loop.Loop, place *Place, fn func(context.Context) (T, error), opts ...Option) (*Pending[T], *Prepared) {
	s := newScheduled(ctx, home, place, true, fn, opts)
	if fn == nil {
		s.task.Abort(loop.ErrNilFunc)
	}
	return &s.Pending, (*Prepared)(&s.task)
}

// Over reports whether the function has returned or will not be called.
func (r *Prepared) Over() bool { return r.state.Load() == taskOver }

// Abort ends a call that has not been handed over.
func (r *Prepared) Abort(err error) { (*task)(r).Abort(err) }

// Link makes the end of the context that the call was made under reach a call that waits to be handed over.
func (r *Prepared) Link() { (*task)(r).link() }

// On hands the call over to the loop of to. If that refuses it, with the errors of loop.Submit, the call is
// where it was before. taken says that to.Ended has been called or will be: not after an error, and not when
// the Pending has been done before.
func (r *Prepared) On(to *Place) (taken bool, err error) {
	t := (*task)(r)
	from := t.place.Load()
	if !t.move(to) {
		return false, nil
	}
	if err := to.Loop.Submit(t); err != nil && t.move(from) {
		return false, err
	}
	if t.inner.Load() != nil {
		t.mu.Lock()
		t.followLoopLocked()
		t.mu.Unlock()
	}
	return true, nil
}

// Go hands the call over to a goroutine of its own, where around has to call run.
func (r *Prepared) Go(around func(run func())) { go around((*task)(r).runGuarded) }

// Halt ends the context of a call on a goroutine as a loop's stop does that of its calls.
func (r *Prepared) Halt() {
	if !r.Over() {
		(*task)(r).end(endedStopped)
	}
}

// Later has then called on l's thread once d has passed, unless the call is over by then; if l stops before,
// that ends the call.
func (r *Prepared) Later(l *loop.Loop, d time.Duration, then func(*Prepared)) {
	t := (*task)(r)
	if err := t.delay(l, d, later{t, then}); err != nil {
		t.Abort(err)
	}
}

// later is a call that waits for its time before it is handed over.
type later struct {
	t    *task
	then func(*Prepared)
}

func (d later) Run() {
	if r := (*Prepared)(d.t); !r.Over() {
		d.then(r)
	}
}

func (d later) Abort(err error) bool { return d.t.Abort(err) }
