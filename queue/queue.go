package queue

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
)

var (
	// ErrEmpty is returned by TryGet when there is nothing to take now.
	ErrEmpty = errors.New("queue: empty")
	// ErrReadOnly is returned by Put while the queue is not writable; it is also found in the error of a closed
	// Queue, along with ErrClosed.
	ErrReadOnly = errors.New("queue: read-only")

	errClosedQueue = fmt.Errorf("%w (%w)", ErrClosed, ErrReadOnly)
)

// Queue hands values from any number of producers to any number of consumers, first in first out. It can be
// limited, made read-only for a time, and closed. The zero Queue is ready to use and unlimited. Its methods may be
// called from anywhere; Put, Get and All wait: on a loop's thread they suspend the call, elsewhere they block the
// goroutine.
//
// Those who wait are served in the order in which they came. A value is handed to the one who is served, so it
// is neither lost nor doubled when that one's context ends in the same moment.
type Queue[T any] struct {
	limit int

	mu       sync.Mutex
	values   ring[T]
	getters  list.List // of *waiter; only while there are no values
	putters  list.List // of *waiter; only while the queue is full
	readOnly bool
	closed   bool
}

// NewQueue makes a Queue that holds at most limit values; 0 or less is no limit.
func NewQueue[T any](limit int) *Queue[T] { return &Queue[T]{limit: max(limit, 0)} }

// Put adds v, and waits while the queue is full. Errors: ErrClosed, ErrReadOnly, and those of the wait, among them
// ctx's. When there is an error v has not been added. The end of ctx matters only to a Put that has to wait.
func (q *Queue[T]) Put(ctx context.Context, v T) error {
	if err := q.TryPut(v); err != ErrFull {
		return err
	}
	who, err := self()
	if err != nil {
		return err
	}
	w := &waiter[T]{who: who, value: v}
	q.mu.Lock()
	served, err := q.put(v)
	if err == ErrFull {
		w.place = q.putters.PushBack(w)
		q.mu.Unlock()
		return q.wait(ctx, &q.putters, w)
	}
	q.mu.Unlock()
	served.wake()
	return err
}

// TryPut is Put without waiting: the error is ErrFull where Put would wait.
func (q *Queue[T]) TryPut(v T) error {
	q.mu.Lock()
	served, err := q.put(v)
	q.mu.Unlock()
	served.wake()
	return err
}

// Get takes the oldest value, and waits while there is none. Errors: io.EOF when there is none left and the queue
// is closed or read-only, and those of the wait, among them ctx's. The end of ctx matters only to a Get that has
// to wait.
func (q *Queue[T]) Get(ctx context.Context) (T, error) {
	v, err := q.TryGet()
	if err != ErrEmpty {
		return v, err
	}
	who, err := self()
	if err != nil {
		return v, err
	}
	w := &waiter[T]{who: who}
	q.mu.Lock()
	v, served, err := q.get()
	if err == ErrEmpty {
		w.place = q.getters.PushBack(w)
		q.mu.Unlock()
		err = q.wait(ctx, &q.getters, w)
		return w.value, err
	}
	q.mu.Unlock()
	served.wake()
	return v, err
}

// TryGet is Get without waiting: the error is ErrEmpty where Get would wait.
func (q *Queue[T]) TryGet() (T, error) {
	q.mu.Lock()
	v, served, err := q.get()
	q.mu.Unlock()
	served.wake()
	return v, err
}

// All takes values as long as Get gives some, and yields an error other than io.EOF last.
func (q *Queue[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			v, err := q.Get(ctx)
			if err == io.EOF || !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// put adds v, or hands it to the first who waits for one. mu is held; who is served is to be woken after that.
func (q *Queue[T]) put(v T) (served *waiter[T], err error) {
	switch {
	case q.closed:
		return nil, errClosedQueue
	case q.readOnly:
		return nil, ErrReadOnly
	}
	if w := serve[T](&q.getters, nil); w != nil {
		w.value = v
		return w, nil
	}
	if q.limit > 0 && q.values.n >= q.limit {
		return nil, ErrFull
	}
	q.values.push(v)
	return nil, nil
}

// get takes a value and lets the first who waits for room have it. mu is held.
func (q *Queue[T]) get() (v T, served *waiter[T], err error) {
	switch {
	case q.values.n > 0:
		v = q.values.pop()
		if served = serve[T](&q.putters, nil); served != nil {
			q.values.push(served.value)
		}
		return v, served, nil
	case q.closed || q.readOnly:
		return v, nil, io.EOF
	}
	return v, nil, ErrEmpty
}

// wait waits until w has been served, or takes it out of the line.
func (q *Queue[T]) wait(ctx context.Context, line *list.List, w *waiter[T]) error {
	if ctx == nil {
		ctx = context.Background()
	}
	for {
		err := w.who.Park(ctx)
		q.mu.Lock()
		switch {
		case w.place == nil:
			q.mu.Unlock()
			return w.err
		case err != nil:
			line.Remove(w.place)
			q.mu.Unlock()
			return err
		}
		q.mu.Unlock()
	}
}

// SetWritable makes the queue read-only, or writable again unless it has been closed. Of a read-only queue, Put,
// also one that waits, fails with ErrReadOnly; Get gives what is left and then io.EOF, also where it waits.
func (q *Queue[T]) SetWritable(writable bool) { q.end(!writable, false) }

// Close makes the queue read-only for good; the error of Put is ErrClosed. It may be called again.
func (q *Queue[T]) Close() { q.end(true, true) }

func (q *Queue[T]) end(readOnly, closed bool) {
	var served []*waiter[T]
	q.mu.Lock()
	q.readOnly, q.closed = readOnly, q.closed || closed
	if q.readOnly || q.closed {
		refused := ErrReadOnly
		if q.closed {
			refused = errClosedQueue
		}
		for w := serve[T](&q.putters, refused); w != nil; w = serve[T](&q.putters, refused) {
			served = append(served, w)
		}
		for w := serve[T](&q.getters, io.EOF); w != nil; w = serve[T](&q.getters, io.EOF) {
			served = append(served, w)
		}
	}
	q.mu.Unlock()
	for _, w := range served {
		w.wake()
	}
}

// Closed reports whether Close has been called. What is left can still be taken.
func (q *Queue[T]) Closed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// Writable reports whether Put is accepted.
func (q *Queue[T]) Writable() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.readOnly && !q.closed
}

// Len returns how many values there are to be taken.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.values.n
}

// Limit returns how many values the queue may hold; 0 is no limit.
func (q *Queue[T]) Limit() int { return q.limit }
