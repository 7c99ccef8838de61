package queue

import (
	"context"
	"io"
	"iter"

	"go.uber.org/atomic"
)

// channel is what a Writer and a Reader share.
type channel[T any] struct {
	queue   Queue[T]
	written atomic.Pointer[func(T) T]
	asked   atomic.Pointer[func(int) error]
	got     atomic.Pointer[func([]T) []T]
}

// Writer is the end of a channel that values are written to. Copies are the same end.
type Writer[T any] struct{ c *channel[T] }

// Reader is the end of a channel that values are read from. Copies are the same end.
type Reader[T any] struct{ c *channel[T] }

// NewChannel makes the two ends of a Queue, so that each side gets no more than it needs. limit is as with
// NewQueue. Methods of both may be called from anywhere; Write, Read and All wait as Put and Get do.
func NewChannel[T any](limit int) (Writer[T], Reader[T]) {
	c := &channel[T]{queue: Queue[T]{limit: max(limit, 0)}}
	return Writer[T]{c}, Reader[T]{c}
}

// Write adds v, as Put does.
func (w Writer[T]) Write(ctx context.Context, v T) error {
	if fn := w.c.written.Load(); fn != nil {
		v = (*fn)(v)
	}
	return w.c.queue.Put(ctx, v)
}

// OnWrite has fn make what is added of each value written from now on; nil ends that. It returns the previous fn.
// A panic in fn is the writer's.
func (w Writer[T]) OnWrite(fn func(T) T) (previous func(T) T) {
	return swap(&w.c.written, fn, fn == nil)
}

// Close ends the channel: what has been written can still be read. It may be called again.
func (w Writer[T]) Close() { w.c.queue.Close() }

// Closed reports whether the channel has been closed.
func (w Writer[T]) Closed() bool { return w.c.queue.Closed() }

// Len returns how many values have been written and not been read.
func (w Writer[T]) Len() int { return w.c.queue.Len() }

// Read waits for n values, or for all until the channel is closed if n is zero or less. There are fewer when the
// channel is closed before, or along with the error of the wait, such as ctx's. When there are none and the
// channel is closed the error is io.EOF.
func (r Reader[T]) Read(ctx context.Context, n int) ([]T, error) {
	return r.read(n, func() (T, error) { return r.c.queue.Get(ctx) })
}

// TryRead is Read of what there is, without waiting. The error is ErrEmpty when that is nothing.
func (r Reader[T]) TryRead(n int) ([]T, error) {
	values, err := r.read(n, r.c.queue.TryGet)
	if err == ErrEmpty && len(values) > 0 {
		err = nil
	}
	return values, err
}

func (r Reader[T]) read(n int, get func() (T, error)) (values []T, err error) {
	if fn := r.c.asked.Load(); fn != nil {
		if err := (*fn)(n); err != nil {
			return nil, err
		}
	}
	for n <= 0 || len(values) < n {
		v, failed := get()
		if failed != nil {
			err = failed
			break
		}
		values = append(values, v)
	}
	if err == io.EOF && len(values) > 0 {
		err = nil
	}
	if fn := r.c.got.Load(); fn != nil {
		values = (*fn)(values)
	}
	return values, err
}

// BeforeRead has fn called with n first in every Read and TryRead from now on; its error ends the read, and nothing
// is taken. nil ends that. It returns the previous fn.
func (r Reader[T]) BeforeRead(fn func(n int) error) (previous func(n int) error) {
	return swap(&r.c.asked, fn, fn == nil)
}

// AfterRead has fn make what Read and TryRead return of the values they have taken; nil ends that. It returns the
// previous fn.
func (r Reader[T]) AfterRead(fn func([]T) []T) (previous func([]T) []T) {
	return swap(&r.c.got, fn, fn == nil)
}

// All yields the values one by one until the channel is closed and empty, as Queue.All does, without the functions
// of BeforeRead and AfterRead.
func (r Reader[T]) All(ctx context.Context) iter.Seq2[T, error] { return r.c.queue.All(ctx) }

// Closed reports whether the channel has been closed.
func (r Reader[T]) Closed() bool { return r.c.queue.Closed() }

// Len returns how many values there are to be read.
func (r Reader[T]) Len() int { return r.c.queue.Len() }

// swap sets a function, or none, and returns the one before.
func swap[F any](at *atomic.Pointer[F], fn F, none bool) (previous F) {
	next := &fn
	if none {
		next = nil
	}
	if old := at.Swap(next); old != nil {
		previous = *old
	}
	return previous
}
