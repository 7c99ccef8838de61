package group

import (
	"context"
	"fmt"
	"sync"

	"github.com/pinion-go/pinion/loop"
)

// Event is a flag that calls and goroutines wait for. Its methods may be called from anywhere. The zero
// value is ready and not set. Do not copy it.
type Event struct {
	mu   sync.Mutex
	set  bool
	line line
}

// Set sets the event and lets everybody go on who waits for it, in order, also when Clear follows at once.
// It does not wait.
func (e *Event) Set() {
	e.mu.Lock()
	e.set = true
	w := e.line.first
	e.line = line{}
	for o := w; o != nil; o = o.next {
		o.served.Store(true)
	}
	e.mu.Unlock()
	for ; w != nil; w = w.next {
		w.parker.Unpark()
	}
}

// Clear takes the setting back. It does not wait.
func (e *Event) Clear() {
	e.mu.Lock()
	e.set = false
	e.mu.Unlock()
}

// IsSet reports whether the event is set. It does not wait.
func (e *Event) IsSet() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.set
}

// Wait waits until the event is set. It returns nil at once if it is, even if ctx has ended. Otherwise it
// suspends a call and blocks a goroutine. Errors: ctx's, when it ends first; loop.ErrStopped, when the loop
// of the call stops; loop.ErrCannotSuspend.
func (e *Event) Wait(ctx context.Context) error {
	_, err := WaitEvent(ctx, e, nil)
	return err
}

// WaitEvent waits as Wait does, until e is set (true) or stop is (false). When it finds both set the answer
// is false. stop may be nil; a nil e is ErrInvalid.
func WaitEvent(ctx context.Context, e, stop *Event) (bool, error) {
	if e == nil {
		return false, fmt.Errorf("%w: a nil Event", ErrInvalid)
	}
	switch {
	case stop != nil && stop.IsSet():
		return false, nil
	case e.IsSet():
		return true, nil
	}
	parker, err := loop.Self()
	if err != nil {
		return false, err
	}
	fired, stopped := &waiter{parker: parker}, &waiter{parker: parker}
	e.enter(fired)
	defer e.quit(fired)
	if stop != nil {
		stop.enter(stopped)
		defer stop.quit(stopped)
	}
	for err == nil && !fired.served.Load() && !stopped.served.Load() {
		err = parker.Park(ctx)
	}
	switch {
	case stopped.served.Load():
		return false, nil
	case fired.served.Load():
		return true, nil
	}
	return false, err
}

// enter puts w in line, or serves it at once if the event is set.
func (e *Event) enter(w *waiter) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.set {
		w.served.Store(true)
	} else {
		e.line.add(w)
	}
}

// quit takes w out of line if it still is in it.
func (e *Event) quit(w *waiter) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !w.served.Load() {
		e.line.remove(w)
	}
}
