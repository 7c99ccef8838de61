package queue

import (
	"container/list"
	"context"
)

// Waiter is one who waits: a goroutine, or a call on a loop's thread. It is the seam by which package loop has
// calls suspended; programs have no use for it.
type Waiter interface {
	// Park waits for Unpark, or until ctx ends, whose error it returns. It may return early.
	Park(ctx context.Context) error
	// Unpark ends the Park, or the next one. It may be called from anywhere, any number of times.
	Unpark()
}

var self = func() (Waiter, error) { return make(goroutine, 1), nil }

// SetWaiters sets how the Waiter of the calling goroutine is found. Package loop does so when the program starts;
// without it, waits block the goroutine.
func SetWaiters(of func() (Waiter, error)) { self = of }

// goroutine is the Waiter of a program without loops.
type goroutine chan struct{}

func (g goroutine) Park(ctx context.Context) error {
	select {
	case <-g:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g goroutine) Unpark() {
	select {
	case g <- struct{}{}:
	default:
	}
}

// waiter is a Put or Get that waits. The queue's mutex guards it.
type waiter[T any] struct {
	who   Waiter
	place *list.Element // nil once served
	value T             // to be put; got
	err   error
}

// serve takes the first out of the line. The queue's mutex is held.
func serve[T any](line *list.List, err error) *waiter[T] {
	first := line.Front()
	if first == nil {
		return nil
	}
	w := line.Remove(first).(*waiter[T])
	w.place, w.err = nil, err
	return w
}

func (w *waiter[T]) wake() {
	if w != nil {
		w.who.Unpark()
	}
}
