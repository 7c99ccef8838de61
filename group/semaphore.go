package group

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/pinion-go/pinion/loop"
)

// Semaphore is a number of permits that calls and goroutines take and give back. Who has to wait is served
// in order, and gets all that it has asked for at once: a large request is not passed by small ones, and
// nobody sits on a part of what it needs. Its methods may be called from anywhere. The zero value has no
// permits until some are released.
type Semaphore struct {
	size    int
	bounded bool

	mu   sync.Mutex
	free int
	line line
}

// NewSemaphore makes a Semaphore with n permits, to which Release may add more. If n is negative its
// methods return ErrInvalid.
func NewSemaphore(n int) *Semaphore { return &Semaphore{size: n, free: max(n, 0)} }

// NewBoundedSemaphore makes a Semaphore that never has more than n permits. If n is negative its methods
// return ErrInvalid.
func NewBoundedSemaphore(n int) *Semaphore {
	return &Semaphore{size: n, free: max(n, 0), bounded: true}
}

// Acquire takes one permit; see AcquireMany.
func (s *Semaphore) Acquire(ctx context.Context) error { return s.AcquireMany(ctx, 1) }

// AcquireMany takes n permits together. If they are free and nobody waits for some it takes them at once,
// even if ctx has ended; otherwise it waits, which suspends a call and blocks a goroutine. Errors, after
// which nothing has been taken: ErrInvalid for n below 1 or above the size of a bounded Semaphore; ctx's
// error, when it has ended before the wait is over; loop.ErrStopped, when the loop of the call stops;
// loop.ErrCannotSuspend.
func (s *Semaphore) AcquireMany(ctx context.Context, n int) error {
	if err := s.check(n); err != nil {
		return err
	}
	if s.take(n, nil) {
		return nil
	}
	parker, err := loop.Self()
	if err != nil {
		return err
	}
	w := &waiter{parker: parker, n: n}
	if s.take(n, w) {
		return nil
	}
	if err = w.wait(ctx); err != nil {
		s.quit(w)
	}
	return err
}

// Release gives n permits back, or adds them, and returns at once. The error is ErrInvalid, and nothing
// has changed, if n is below 1 or if a bounded Semaphore would have more permits than its size.
func (s *Semaphore) Release(n int) error {
	if err := s.check(n); err != nil {
		return err
	}
	s.mu.Lock()
	limit := math.MaxInt
	if s.bounded {
		limit = s.size
	}
	if n > limit-s.free {
		defer s.mu.Unlock()
		return fmt.Errorf("%w: a release of %d permits, with %d free of at most %d; release what has been acquired, once", ErrInvalid, n, s.free, limit)
	}
	s.free += n
	s.mu.Unlock()
	s.serve()
	return nil
}

// With calls body while it holds n permits, and gives them back however body ends. The error is that of
// AcquireMany, body's, or that of Release, when somebody has released more than had been acquired.
func (s *Semaphore) With(ctx context.Context, n int, body func(ctx context.Context) error) (err error) {
	if body == nil {
		return loop.ErrNilFunc
	}
	if err := s.AcquireMany(ctx, n); err != nil {
		return err
	}
	defer func() {
		if rerr := s.Release(n); err == nil {
			err = rerr
		}
	}()
	return body(ctx)
}

// Value returns how many permits are free. It does not wait.
func (s *Semaphore) Value() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.free
}

func (s *Semaphore) check(n int) error {
	switch {
	case s.size < 0:
		return fmt.Errorf("%w: a semaphore of size %d; use 0 or more", ErrInvalid, s.size)
	case n < 1:
		return fmt.Errorf("%w: %d permits; use 1 or more", ErrInvalid, n)
	case s.bounded && n > s.size:
		return fmt.Errorf("%w: %d permits of a semaphore bounded to %d", ErrInvalid, n, s.size)
	}
	return nil
}

// take takes n permits if they are free and nobody is in line. Otherwise w, if there is one, gets in line.
func (s *Semaphore) take(n int, w *waiter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.line.first == nil && n <= s.free {
		s.free -= n
		return true
	}
	if w != nil {
		s.line.add(w)
	}
	return false
}

// serve lets those go on whose turn has come.
func (s *Semaphore) serve() {
	for {
		s.mu.Lock()
		w := s.line.first
		if w == nil || w.n > s.free {
			s.mu.Unlock()
			return
		}
		s.free -= w.n
		s.line.remove(w)
		w.served.Store(true)
		s.mu.Unlock()
		w.parker.Unpark()
	}
}

// quit takes w, whose wait has failed, out of line, or gives back what it has been served meanwhile. Either
// may let others go on.
func (s *Semaphore) quit(w *waiter) {
	s.mu.Lock()
	if w.served.Load() {
		s.free += w.n
	} else {
		s.line.remove(w)
	}
	s.mu.Unlock()
	s.serve()
}
