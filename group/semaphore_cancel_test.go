package group_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/caller/callertest"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
)

// E-15: who is cancelled gives back exactly what it has, and lets those behind it go on.
func TestSemaphoreCancelledWaiter_E15(t *testing.T) {
	for name, make := range semaphores {
		t.Run(name, func(t *testing.T) {
			spawning(t, func(t *testing.T, start spawn) {
				s := make(5)
				require.NoError(t, s.AcquireMany(t.Context(), 3))
				ctx, cancel := context.WithCancel(t.Context())
				large := start(ctx, func(ctx context.Context) error { return s.AcquireMany(ctx, 4) })
				synctest.Wait()
				small := start(t.Context(), func(ctx context.Context) error { return s.AcquireMany(ctx, 2) })
				synctest.Wait()
				require.False(t, small.IsDone())
				require.Equal(t, 2, s.Value())
				cancel()
				succeed(t, small)
				require.NoError(t, large.WaitDone(t.Context()))
				require.ErrorIs(t, large.Err(), context.Canceled)
				require.Zero(t, s.Value())
				require.NoError(t, s.Release(5))
				require.Equal(t, 5, s.Value())
			})
		})
	}
}

// A waiter that is cancelled and served before it can look has nothing, whichever came first.
func TestSemaphoreCancelledAndServed_E15(t *testing.T) {
	for name, cancelFirst := range map[string]bool{"cancelled first": true, "served first": false} {
		t.Run(name, func(t *testing.T) {
			spawning(t, func(t *testing.T, start spawn) {
				for range 20 {
					s := group.NewBoundedSemaphore(1)
					require.NoError(t, s.Acquire(t.Context()))
					ctx, cancel := context.WithCancel(t.Context())
					p := start(ctx, func(ctx context.Context) error { return s.Acquire(ctx) })
					next := start(t.Context(), func(ctx context.Context) error { return s.Acquire(ctx) })
					synctest.Wait()
					if cancelFirst {
						cancel()
					}
					require.NoError(t, s.Release(1))
					cancel()
					synctest.Wait()
					if cancelFirst {
						require.ErrorIs(t, p.Err(), context.Canceled)
					} else if p.Err() == nil { // it has looked in time
						require.NoError(t, s.Release(1))
					}
					succeed(t, next)
					require.Zero(t, s.Value())
				}
			})
		})
	}
}

// The same for who drives a loop while it waits, and finds both when it looks.
func TestSemaphoreCancelledAndServedWhileDriving_E15(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c, err := caller.Manual(context.Background())
		require.NoError(t, err)
		defer func() { require.NoError(t, c.Close()) }()
		require.NoError(t, c.Poll(t.Context(), 0))
		for range 20 {
			s := group.NewBoundedSemaphore(1)
			require.NoError(t, s.Acquire(t.Context()))
			ctx, cancel := context.WithCancel(t.Context())
			c.CallSoon(t.Context(), func(context.Context) error {
				cancel()
				return s.Release(1)
			})
			require.ErrorIs(t, s.Acquire(ctx), context.Canceled)
			require.Equal(t, 1, s.Value())
		}
	})
}

func TestSemaphoreEndedContext(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		s := group.NewSemaphore(1)
		succeed(t, start(context.Background(), func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			assert.NoError(t, s.Acquire(ctx), "it is free")
			assert.ErrorIs(t, s.Acquire(ctx), context.Canceled)
			assert.ErrorIs(t, s.With(ctx, 1, func(context.Context) error { panic("not reached") }), context.Canceled)
			return s.Release(1)
		}))
		require.Equal(t, 1, s.Value())
	})
}

func TestSemaphoreCallerStops(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c, s := callertest.New(t), group.NewSemaphore(1)
		require.NoError(t, s.Acquire(t.Context()))
		var got, later error
		p := c.CallSoon(t.Context(), func(context.Context) error {
			defer func() { later = s.Acquire(context.Background()) }()
			got = s.Acquire(context.Background())
			return got
		})
		behind := make(chan error, 1)
		go func() {
			time.Sleep(time.Second)
			behind <- s.Acquire(t.Context())
		}()
		time.Sleep(2 * time.Second)
		require.NoError(t, c.Close())
		require.True(t, p.Cancelled())
		require.ErrorIs(t, got, loop.ErrStopped)
		require.ErrorIs(t, later, loop.ErrStopped)
		require.NoError(t, s.Release(1))
		require.NoError(t, <-behind)
	})
}
