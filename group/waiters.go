package group

import (
	"context"

	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/loop"
)

// waiter is somebody who waits: a suspended call or a blocked goroutine.
type waiter struct {
	parker     *loop.Parker
	n          int         // how much it asks for
	served     atomic.Bool // it has been taken out of the line and has what it asked for
	prev, next *waiter
}

// wait waits until w is served. What w has when there is an error has to be given back: who is told that
// its context has ended holds nothing, whichever came first.
func (w *waiter) wait(ctx context.Context) error {
	for !w.served.Load() {
		if err := w.parker.Park(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// line is the waiters for one thing, in the order in which they came. The thing's lock guards it. Waiters
// are unparked without that lock, since waking a loop may call a toolkit.
type line struct{ first, last *waiter }

func (l *line) add(w *waiter) {
	w.prev = l.last
	if l.last == nil {
		l.first = w
	} else {
		l.last.next = w
	}
	l.last = w
}

func (l *line) remove(w *waiter) {
	if w.prev == nil {
		l.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.prev, w.next = nil, nil
}
