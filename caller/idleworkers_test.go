package caller_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// W-04: there is no limit to how many are busy, and one to how many are kept.
func TestMaxIdleWorkers_W04(t *testing.T) {
	for name, row := range map[string]struct {
		opts []caller.Option
		kept int
	}{
		"the default": {nil, 10},
		"two":         {[]caller.Option{caller.WithMaxIdleWorkers(2)}, 2},
		"none":        {[]caller.Option{caller.WithMaxIdleWorkers(0)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := start(t, row.opts...)
				workersOf(t, c, 13)
				synctest.Wait()
				require.Len(t, c.Children(), row.kept)
				workersOf(t, c, 13)
				synctest.Wait()
				require.Len(t, c.Children(), row.kept)
			})
		})
	}
}

// W-05: an idle worker is stopped after the time limit and before twice that, whenever it has become idle;
// W-06: and so is any that comes after it.
func TestIdleTimeout_W05_W06(t *testing.T) {
	const limit = 50 * time.Millisecond
	bubble(t, func(t *testing.T) {
		c := start(t, caller.WithIdleTimeout(limit))
		for generation := range 4 {
			for step := range 12 {
				k := worker(t, c)
				time.Sleep(limit)
				require.Equal(t, caller.Running, k.State(), "%d/%d", generation, step)
				time.Sleep(limit - time.Millisecond)
				synctest.Wait()
				require.Equal(t, caller.Stopped, k.State(), "%d/%d", generation, step)
				// The next worker becomes idle at another moment between two sweeps.
				time.Sleep(time.Duration(step) * limit / 12)
			}
			time.Sleep(10 * limit)
			require.Empty(t, c.Children())
		}
	})
	bubble(t, func(t *testing.T) {
		c := start(t, caller.WithIdleTimeout(limit))
		workersOf(t, c, 3)
		kept := worker(t, c)
		for range 20 { // one that is used stays, others go
			time.Sleep(limit * 9 / 10)
			require.Contains(t, c.Children(), worker(t, c))
		}
		require.NotSame(t, kept, c.Children()[0])
		require.LessOrEqual(t, len(c.Children()), 3)
	})
	bubble(t, func(t *testing.T) {
		c := start(t, caller.WithIdleTimeout(0))
		k := worker(t, c)
		time.Sleep(10000 * time.Hour)
		require.Same(t, k, worker(t, c))
	})
	bubble(t, func(t *testing.T) {
		c := start(t)
		k := worker(t, c)
		time.Sleep(time.Minute)
		require.True(t, k.Running())
		time.Sleep(time.Minute)
		require.False(t, k.Running())
	})
}

// The pool leaves no trace in the caller's own numbers.
func TestPoolIsNotSeenInStats(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		before := c.Stats()
		workersOf(t, c, 3)
		require.Equal(t, before, c.Stats())
	})
}

// W-08: a worker is busy until its function has returned and nothing is left of it.
func TestBusyWorkers_W08(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		k := worker(t, c)
		p := c.ToThread(t.Context(), hold(time.Second))
		synctest.Wait()
		require.True(t, p.Cancel("enough"))
		require.False(t, p.IsDone())
		began := time.Now()
		require.NotSame(t, k, worker(t, c))
		require.Zero(t, time.Since(began))
		require.NoError(t, p.WaitDone(t.Context()))
		require.Equal(t, time.Second, time.Since(began))
		require.True(t, p.Cancelled())
		require.Len(t, c.Children(), 2)
	})
	// What a function may leave behind on its worker, for an hour.
	for name, leave := range map[string]func(ctx context.Context, k *caller.Caller){
		"a suspended call": func(ctx context.Context, k *caller.Caller) { k.CallSoon(ctx, sleep(time.Hour)) },
		"a queued call":    func(ctx context.Context, k *caller.Caller) { k.CallSoon(ctx, hold(time.Hour)) },
		"a direct call":    func(_ context.Context, k *caller.Caller) { _ = k.CallDirect(func() { time.Sleep(time.Hour) }) },
		"a delayed call":   func(ctx context.Context, k *caller.Caller) { k.CallLater(ctx, time.Hour, nothing) },
		"a guest": func(ctx context.Context, k *caller.Caller) {
			caller.CallUsingBackend(ctx, k, caller.Goroutine, func(context.Context) (int, error) { time.Sleep(time.Hour); return 0, nil })
		},
		"a call in a worker of its own": func(ctx context.Context, k *caller.Caller) { k.ToThread(ctx, hold(time.Hour)) },
		"a call that starts another": func(ctx context.Context, k *caller.Caller) {
			k.CallSoon(ctx, func(ctx context.Context) error {
				defer k.CallSoon(ctx, sleep(time.Hour/2))
				return loop.Sleep(ctx, time.Hour/2)
			})
		},
		"its own result, early": func(ctx context.Context, k *caller.Caller) {
			caller.CurrentPending(ctx).(*pending.Pending[*caller.Caller]).SetResult(k)
			time.Sleep(time.Hour)
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := start(t, caller.WithIdleTimeout(time.Minute))
				k, err := caller.ToThread(t.Context(), c, func(ctx context.Context) (*caller.Caller, error) {
					leave(ctx, caller.Current(ctx))
					return caller.Current(ctx), nil
				}).Wait(t.Context())
				require.NoError(t, err)
				synctest.Wait()
				require.NotSame(t, k, worker(t, c))
				time.Sleep(time.Hour - time.Second)
				require.Equal(t, []*caller.Caller{k}, c.Children(), "only the other was idle")
				time.Sleep(time.Second)
				synctest.Wait()
				require.Same(t, k, worker(t, c))
			})
		})
	}
}
