package caller_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/queue"
)

// produce makes a call that puts the first n numbers and closes the queue.
func produce(q *queue.Queue[int], n int) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		defer q.Close()
		for i := range n {
			if err := q.Put(ctx, i); err != nil {
				return i, err
			}
		}
		return n, nil
	}
}

// consume makes a call that counts what it gets, in order.
func consume(q *queue.Queue[int]) func(context.Context) (int, error) {
	return func(ctx context.Context) (next int, err error) {
		for v, err := range q.All(ctx) {
			if err != nil || v != next {
				return next, err
			}
			next++
		}
		return next, nil
	}
}

// AQ-01: Put and Get suspend their calls, so producer and consumer may share one thread.
func TestAQ01_OneCaller(t *testing.T) {
	for name, start := range map[string]func(t testing.TB, opts ...caller.Option) *caller.Caller{"new": start, "manual": driven} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := start(t)
				q := queue.NewQueue[int](1)
				consumer := caller.CallSoon(t.Context(), c, consume(q))
				producer := caller.CallSoon(t.Context(), c, produce(q, 1000))
				v, err := consumer.Wait(t.Context())
				require.NoError(t, err)
				require.Equal(t, 1000, v)
				require.NoError(t, producer.WaitDone(t.Context()))
			})
		})
	}
}

// driven is a manual caller that a goroutine drives.
func driven(t testing.TB, opts ...caller.Option) *caller.Caller {
	c, err := caller.Manual(context.Background(), withDefaults(opts)...)
	require.NoError(t, err)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for c.Poll(context.Background(), -1) == nil {
		}
	}()
	t.Cleanup(func() {
		_ = c.Close()
		<-over
	})
	return c
}

// Two callers that exchange values through bounded queues, both ways, and a goroutine that feeds them.
func TestAQ01_TwoCallersBothWays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := start(t), start(t)
		in, there, back := queue.NewQueue[int](1), queue.NewQueue[int](1), queue.NewQueue[int](2)
		relay := func(from, to *queue.Queue[int]) func(context.Context) error {
			return func(ctx context.Context) error {
				defer to.Close()
				for v, err := range from.All(ctx) {
					if err != nil {
						return err
					}
					if err := to.Put(ctx, v); err != nil {
						return err
					}
				}
				return nil
			}
		}
		a.CallSoon(t.Context(), relay(in, there))
		b.CallSoon(t.Context(), relay(there, back))
		result := caller.CallSoon(t.Context(), a, consume(back))
		n, err := produce(in, 1000)(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1000, n)
		v, err := result.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1000, v)
	})
}

// The end of a call's context, and the stop of its caller, end its wait; the turn goes to the next, and the value
// stays.
func TestAQ01_CancelAndStop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := start(t), start(t)
		q := queue.NewQueue[int](1)
		get := func(c *caller.Caller) *pending.Pending[int] {
			p := caller.CallSoon(t.Context(), c, q.Get)
			synctest.Wait()
			return p
		}
		first, second, third := get(a), get(b), get(a)
		first.Cancel("enough")
		synctest.Wait()
		require.ErrorIs(t, first.Err(), pending.ErrCancelled)
		require.NoError(t, b.Close())
		requireStopped(t, second)
		require.NoError(t, q.TryPut(3))
		v, err := third.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, v)

		require.NoError(t, q.TryPut(1))
		p := a.CallSoon(t.Context(), func(ctx context.Context) error { return q.Put(ctx, 2) })
		synctest.Wait()
		require.NoError(t, a.Close())
		requireStopped(t, p)
		require.Equal(t, 1, q.Len())
		q.Close()
		_, _ = q.TryGet()
		_, err = q.TryGet()
		require.ErrorIs(t, err, io.EOF)
	})
}

// The owner of a manual caller goes on driving it while it waits.
func TestAQ01_OwnerWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := manual(t)
		q := queue.NewQueue[int](1)
		require.NoError(t, c.Poll(t.Context(), 0))
		c.CallSoon(t.Context(), func(ctx context.Context) error {
			if err := loop.Sleep(ctx, time.Second); err != nil {
				return err
			}
			return q.Put(ctx, 1)
		})
		v, err := q.Get(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, v)
	})
}
