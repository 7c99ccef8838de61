package caller_test

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/queue"
)

// permits is how many the semaphore has that everybody uses.
const permits = 3

// useSemaphore takes some permits and waits while it has them.
func (a *actor) useSemaphore(ctx context.Context) {
	if a.one(3) {
		limited, cancel := a.brief(ctx)
		defer cancel()
		ctx = limited
	}
	n := 1 + a.rnd.IntN(permits)
	err := a.s.semaphore.With(ctx, n, func(ctx context.Context) error {
		if all := a.s.taken.Add(int64(n)); all > permits {
			a.s.wrongf("%d permits of %d are taken", all, permits)
		}
		defer a.s.taken.Sub(int64(n))
		a.rest(ctx)
		return nil
	})
	a.interrupted(ctx, "a semaphore", err)
}

// useMutex changes what only its owner may touch, and waits in between.
func (a *actor) useMutex(ctx context.Context) {
	if a.one(3) {
		limited, cancel := a.brief(ctx)
		defer cancel()
		ctx = limited
	}
	err := a.s.mutex.With(ctx, func(ctx context.Context) error {
		a.s.withs.Inc()
		before := a.s.guarded
		a.rest(ctx)
		err := a.s.mutex.With(ctx, func(context.Context) error {
			a.s.guarded = before + 1
			return nil
		})
		if err != nil {
			a.s.wrongf("a mutex for the second time: %v", err)
		}
		return nil
	})
	a.interrupted(ctx, "a mutex", err)
}

// rest waits a moment, or not.
func (a *actor) rest(ctx context.Context) {
	switch a.rnd.IntN(4) {
	case 0:
		_ = loop.Yield(ctx)
	case 1:
		_ = loop.Sleep(ctx, a.upTo(100*time.Microsecond))
	}
}

// interrupted checks that an error comes of the end of ctx or of the loop.
func (a *actor) interrupted(ctx context.Context, what string, err error) {
	if err != nil && !errors.Is(err, loop.ErrStopped) && ctx.Err() == nil {
		a.s.wrongf("%s: %v", what, err)
	}
}

// useEvent waits for the event, sets or clears it.
func (a *actor) useEvent(ctx context.Context) {
	switch a.rnd.IntN(4) {
	case 0:
		a.s.event.Set()
	case 1:
		a.s.event.Clear()
	default:
		limited, cancel := a.brief(ctx)
		defer cancel()
		a.interrupted(limited, "an event", a.s.event.Wait(limited))
	}
}

// useQueue puts something into the queue that everybody uses, or takes something out.
func (a *actor) useQueue(ctx context.Context) {
	limited, cancel := a.brief(ctx)
	defer cancel()
	q, v := a.s.values, 1+a.rnd.IntN(1000)
	var err error
	switch a.rnd.IntN(10) {
	case 0:
		q.SetWritable(a.one(2))
	case 1:
		q.SetWritable(true)
	case 2, 3, 4, 5:
		if err = q.Put(limited, v); err == nil {
			a.s.put.Add(int64(v))
		}
	default:
		if v, err = q.Get(limited); err == nil {
			a.s.got.Add(int64(v))
		}
	}
	if !errors.Is(err, queue.ErrReadOnly) && err != io.EOF {
		a.interrupted(limited, "a queue", err)
	}
}

// settleShared checks that everything has been given back and nothing is lost.
func (s *stress) settleShared() {
	if s.semaphore.Value() != permits {
		s.wrongf("%d permits of %d are left", s.semaphore.Value(), permits)
	}
	_ = s.mutex.With(context.Background(), func(context.Context) error { return nil })
	if int64(s.guarded) != s.withs.Load() {
		s.wrongf("%d changes under a mutex out of %d", s.guarded, s.withs.Load())
	}
	s.values.Close()
	for v, err := s.values.TryGet(); err == nil; v, err = s.values.TryGet() {
		s.got.Add(int64(v))
	}
	if s.put.Load() != s.got.Load() {
		s.wrongf("%d was put into a queue and %d got out", s.put.Load(), s.got.Load())
	}
	for p, q := range s.turns {
		if q.busy != 0 || !p.IsDone() {
			s.wrongf("%d left in a queue: %v", q.busy, p)
		}
	}
}
