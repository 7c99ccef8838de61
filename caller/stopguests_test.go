package caller_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// H-05: guests are told when their caller is, which goes on until they have ended, and stops then.
func TestStopWithGuests_H05(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		onThread := c.CallSoon(t.Context(), sleep(500*time.Millisecond))
		minds := beside(t.Context(), c, func(ctx context.Context) error {
			<-ctx.Done()
			assert.ErrorIs(t, context.Cause(ctx), loop.ErrStopped)
			assert.ErrorIs(t, ctx.Err(), context.Canceled)
			time.Sleep(time.Second) // it tidies up; meanwhile the caller serves what it has accepted
			assert.NoError(t, onThread.Err())
			assert.Equal(t, caller.Stopping, c.State())
			return ctx.Err()
		})
		ignores := caller.CallUsingBackend(t.Context(), c, caller.Goroutine, func(context.Context) (int, error) { time.Sleep(2 * time.Second); return 5, nil })
		delayed := caller.ScheduleCall(t.Context(), c, give(1), caller.On(caller.Goroutine), caller.Delay(time.Hour))
		due := caller.ScheduleCall(t.Context(), c, give(1), caller.On(caller.Goroutine), caller.Delay(time.Second))
		synctest.Wait()
		began := time.Now()
		c.Stop(true)
		requireStopped(t, beside(t.Context(), c, nothing))
		require.NoError(t, c.WaitStopped(t.Context()))
		require.Equal(t, 2*time.Second, time.Since(began))
		requireStopped(t, minds)
		v, err := ignores.Result()
		require.NoError(t, err)
		require.Equal(t, 5, v)
		requireStopped(t, delayed)
		requireStopped(t, due)
		requireStopped(t, beside(t.Context(), c, nothing))
		requireStopped(t, caller.ScheduleCall(t.Context(), c, give(1), caller.On(caller.Goroutine), caller.Delay(time.Hour)))
	})
	t.Run("whose host fails", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			h := newHost()
			c := start(t, caller.WithHost(h), quiet)
			p := beside(t.Context(), c, func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Second); return ctx.Err() })
			synctest.Wait()
			h.fail <- errTest
			require.ErrorIs(t, c.WaitStopped(t.Context()), errTest)
			requireStopped(t, p)
		})
	})
	t.Run("of children", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := start(t)
			p := beside(t.Context(), get(t, c, "child"), func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Second); return ctx.Err() })
			synctest.Wait()
			require.NoError(t, c.Close())
			requireStopped(t, p)
		})
	})
	t.Run("by a guest", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := start(t)
			p := beside(t.Context(), get(t, c, "child"), func(context.Context) error { return c.Close() })
			require.NoError(t, p.WaitDone(t.Context()))
			require.NoError(t, p.Err())
			require.NoError(t, c.WaitStopped(t.Context()))
			other := start(t)
			require.NoError(t, beside(t.Context(), start(t), func(context.Context) error { return other.Close() }).WaitDone(t.Context()))
			require.Equal(t, caller.Stopped, other.State())
		})
	})
	t.Run("when Run's body returns", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			began := time.Now()
			require.NoError(t, caller.Run(t.Context(), func(ctx context.Context, c *caller.Caller) error {
				assert.True(t, c.Loop().OnThread(), "the body has the thread whatever the backend")
				c.CallSoon(ctx, func(context.Context) error { time.Sleep(time.Second); return nil })
				return nil
			}, caller.WithBackend(caller.Goroutine)))
			require.Equal(t, time.Second, time.Since(began))
		})
	})
}

// Guests may come while their caller stops: each of them ends.
func TestGuestsWhileTheCallerStops(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for round := range 100 {
			c := start(t)
			var ps trail[pending.Handle]
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for i := range 20 {
						ps.add(beside(t.Context(), c, sleep(time.Duration(i%3)*time.Microsecond)))
						runtime.Gosched()
					}
				})
			}
			wg.Go(func() { time.Sleep(time.Duration(round%7) * time.Microsecond); c.Stop(true) })
			wg.Wait()
			require.NoError(t, c.Close())
			for _, p := range ps.all() {
				require.True(t, p.IsDone())
				if p.Err() != nil {
					requireStopped(t, p)
				}
			}
		}
	})
}

func TestThousandsOfGuests(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		var ps []pending.Handle
		for range 5000 {
			ps = append(ps, beside(t.Context(), c, suspend))
		}
		synctest.Wait()
		require.NoError(t, c.Close())
		for _, p := range ps {
			requireStopped(t, p)
		}
	})
}
