package caller_test

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// submit hands over the i-th of many calls, each in another way; all of them start in the order of their
// submission, and so do those that wait in the middle.
func submit(t *testing.T, c *caller.Caller, i int, started func()) {
	ctx := t.Context()
	switch i % 4 {
	case 0:
		c.CallSoon(ctx, func(context.Context) error {
			started()
			return nil
		})
	case 1:
		require.NoError(t, c.CallDirect(started))
	case 2:
		caller.CallLater(ctx, c, 0, func(ctx context.Context) (int, error) {
			started()
			return 1, loop.Yield(ctx)
		})
	case 3:
		require.NoError(t, c.CallDirect(func() {
			started()
			_ = loop.Sleep(context.Background(), 1)
		}))
	}
}

// S-04: calls of one goroutine start in its order.
func TestS04_OrderOfOneGoroutine(t *testing.T) {
	const n = 3000
	for name, from := range map[string]func(c *caller.Caller, f func()){
		"from outside":       func(_ *caller.Caller, f func()) { f() },
		"from its own calls": func(c *caller.Caller, f func()) { _ = c.Do(context.Background(), f) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := start(t)
				var order trail[int]
				from(c, func() {
					for i := range n {
						submit(t, c, i, func() { order.add(i) })
					}
				})
				require.NoError(t, c.Do(t.Context(), func() {}))
				require.Equal(t, numbers(n), order.all())
			})
		})
	}
}

// S-04: what one goroutine waits for comes back in its order.
func TestS04_CompletionsInOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		var order trail[int]
		for i := range 3000 {
			p := c.CallSoon(t.Context(), nothing)
			p.AddDoneCallback(func(pending.Handle) { order.add(i) })
		}
		require.NoError(t, c.Do(t.Context(), func() {}))
		require.Equal(t, numbers(3000), order.all())
	})
}

// S-04: several goroutines each keep their own order.
func TestS04_OrderOfSeveralGoroutines(t *testing.T) {
	realTime(t)
	const producers, n = 4, 1000
	c := start(t)
	var orders [producers]trail[int]
	var wg sync.WaitGroup
	for producer := range producers {
		wg.Go(func() {
			for i := range n {
				submit(t, c, i, func() { orders[producer].add(i) })
				if i%100 == producer {
					runtime.Gosched()
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, c.Do(t.Context(), func() {}))
	for producer := range orders {
		require.Equal(t, numbers(n), orders[producer].all())
	}
	require.NoError(t, c.Close())
}

// S-04: calls from the calls of another caller keep their order as well.
func TestS04_OrderBetweenCallers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := start(t), start(t)
		var order trail[int]
		require.NoError(t, a.CallSoon(t.Context(), func(ctx context.Context) error {
			for i := range 1000 {
				submit(t, b, i, func() { order.add(i) })
				if i%100 == 0 {
					if err := loop.Yield(ctx); err != nil {
						return err
					}
				}
			}
			return b.Do(ctx, func() {})
		}).WaitDone(t.Context()))
		require.Equal(t, numbers(1000), order.all())
	})
}

// A caller that gives itself ever more to do starves neither timers, nor calls whose wait is over, nor calls
// from elsewhere.
func TestFloodStarvesNobody(t *testing.T) {
	realTime(t)
	c, other := start(t), start(t)
	var over atomic.Bool
	var flood func()
	flood = func() {
		for !over.Load() && c.Stats().QueueDepth < 2000 {
			if c.CallDirect(flood) != nil {
				return
			}
		}
	}
	for range 10 {
		require.NoError(t, c.CallDirect(flood))
	}
	for range 50 {
		// A timer, a resumed call and a call from outside get their turns while the flood is on.
		_, err := c.CallLater(t.Context(), 1, nothing).Wait(t.Context())
		require.NoError(t, err)
		_, err = c.CallSoon(t.Context(), func(ctx context.Context) error {
			if err := loop.Sleep(ctx, 1); err != nil {
				return err
			}
			return other.CallSoon(ctx, nothing).WaitDone(ctx)
		}).Wait(t.Context())
		require.NoError(t, err)
		require.False(t, over.Load())
	}
	over.Store(true)
	require.NoError(t, c.Close())
	require.NoError(t, other.Close())
}

// Calls that yield for ever do not keep others from the thread.
func TestYieldingCallsStarveNobody(t *testing.T) {
	realTime(t)
	c := start(t)
	yielding := func(ctx context.Context) error {
		for {
			if err := loop.Yield(ctx); err != nil {
				return err
			}
		}
	}
	for range 20 {
		c.CallSoon(t.Context(), yielding)
	}
	for range 100 {
		_, err := c.CallLater(t.Context(), 1000, nothing).Wait(t.Context())
		require.NoError(t, err)
		require.NoError(t, c.Do(t.Context(), func() {}))
	}
	require.NoError(t, c.Close())
}
