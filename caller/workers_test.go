package caller_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// whoRuns returns the worker that runs it.
func whoRuns(ctx context.Context) (*caller.Caller, error) { return caller.Current(ctx), nil }

// worker returns the worker that c's next call gets.
func worker(t testing.TB, c *caller.Caller) *caller.Caller {
	t.Helper()
	k, err := caller.ToThread(context.Background(), c, whoRuns).Wait(context.Background())
	require.NoError(t, err)
	return k
}

// workersOf occupies n workers at once, and frees them one after the other.
func workersOf(t testing.TB, c *caller.Caller, n int) []*caller.Caller {
	t.Helper()
	var all []*caller.Caller
	var gates []chan struct{}
	var ps []*pending.Pending[*caller.Caller]
	for range n {
		gate := make(chan struct{})
		gates = append(gates, gate)
		ps = append(ps, caller.ToThread(context.Background(), c, func(ctx context.Context) (*caller.Caller, error) {
			<-gate
			return caller.Current(ctx), nil
		}))
	}
	for i, gate := range gates {
		close(gate)
		k, err := ps[i].Wait(context.Background())
		require.NoError(t, err)
		all = append(all, k)
	}
	return all
}

func TestToThread(t *testing.T) {
	t.Run("W-01 a child caller on a thread of its own", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := start(t, caller.WithName("root"))
			p := caller.ToThread(t.Context(), c, func(ctx context.Context) (int, error) {
				k := caller.Current(ctx)
				assert.Same(t, c, k.Parent())
				assert.Equal(t, "root/worker-1", k.Name())
				assert.Equal(t, []*caller.Caller{k}, c.Children())
				assert.True(t, k.Loop().OnThread())
				assert.False(t, c.Loop().OnThread())
				assert.NotNil(t, caller.CurrentPending(ctx))
				time.Sleep(time.Hour) // holds the worker's thread, and nobody else's
				return 7, loop.Sleep(ctx, time.Hour)
			})
			synctest.Wait()
			require.False(t, p.IsDone())
			require.NoError(t, c.Do(t.Context(), func() {}))
			v, err := p.Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, 7, v)
			require.Contains(t, p.String(), `on "root/worker-1"`)
			if runtime.GOARCH != "wasm" {
				require.NotEqual(t, c.ThreadID(), c.Children()[0].ThreadID())
			}
		})
	})
	t.Run("of every kind of goroutine", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c, other := start(t), start(t)
			from := func(ctx context.Context) *caller.Caller {
				k, err := caller.ToThread(ctx, c, whoRuns).Wait(ctx)
				assert.NoError(t, err)
				return k.Parent()
			}
			require.Same(t, c, from(t.Context()))
			require.Same(t, c, call(t, c, from))
			require.Same(t, c, call(t, other, from))
			require.Len(t, c.Children(), 1)
			// Inside a worker there are those of the worker.
			nested, err := caller.ToThread(t.Context(), c, func(ctx context.Context) (*caller.Caller, error) {
				return caller.ToThread(ctx, caller.Current(ctx), whoRuns).Wait(ctx)
			}).Wait(t.Context())
			require.NoError(t, err)
			require.Same(t, c, nested.Parent().Parent())
		})
	})
	t.Run("before the caller has started", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := manual(t)
			require.Same(t, c, worker(t, c).Parent())
		})
	})
	t.Run("outcomes and misuse", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := start(t)
			require.ErrorIs(t, c.ToThread(t.Context(), func(context.Context) error { return errTest }).WaitDone(t.Context()), nil)
			failed := c.ToThread(t.Context(), func(context.Context) error { return errTest })
			require.NoError(t, failed.WaitDone(t.Context()))
			require.Same(t, errTest, failed.Err())
			panics := c.ToThread(t.Context(), func(context.Context) error { panic(errTest) })
			require.NoError(t, panics.WaitDone(t.Context()))
			require.ErrorIs(t, panics.Err(), errTest)
			exits := c.ToThread(t.Context(), goexit)
			require.NoError(t, exits.WaitDone(t.Context()))
			require.ErrorIs(t, exits.Err(), pending.ErrGoexit)
			require.Len(t, c.Children(), 1, "none of that costs the worker")

			require.ErrorIs(t, c.ToThread(t.Context(), nil).Err(), loop.ErrNilFunc)
			require.ErrorIs(t, caller.ToThread[int](t.Context(), c, nil).Err(), loop.ErrNilFunc)
			require.ErrorIs(t, caller.ToThread(t.Context(), nil, give(1)).Err(), caller.ErrNoCaller)
			require.ErrorIs(t, (*caller.Caller)(nil).ToThread(t.Context(), nothing).Err(), caller.ErrNoCaller)
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			p := caller.ToThread(ended, c, give(1))
			require.NoError(t, p.WaitDone(t.Context()))
			require.True(t, p.Cancelled())
			synctest.Wait() // until the worker has found out
			require.Same(t, c.Children()[0], worker(t, c))
		})
	})
	t.Run("waiting for its own result", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := start(t)
			p := c.ToThread(t.Context(), func(ctx context.Context) error {
				return caller.CurrentPending(ctx).WaitDone(ctx)
			})
			require.NoError(t, p.WaitDone(t.Context()))
			require.ErrorIs(t, p.Err(), pending.ErrDeadlock)
		})
	})
}

// W-02: the worker that has been idle longest is next.
func TestWorkersAreReused_W02(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		first := worker(t, c)
		for range 100 {
			require.Same(t, first, worker(t, c))
		}
		all := workersOf(t, c, 4)
		require.Len(t, c.Children(), 4)
		for range 3 {
			for _, k := range all {
				require.Same(t, k, worker(t, c))
			}
		}
	})
}

// W-11: with n calls at a time there are n workers.
func TestAsManyWorkersAsCalls_W11(t *testing.T) {
	needThreads(t)
	for _, n := range []int{1, 3, 8} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			realTime(t)
			c := start(t)
			var seen sync.Map
			slots := make(chan struct{}, n)
			for range 40 * n {
				slots <- struct{}{}
				p := c.ToThread(context.Background(), func(ctx context.Context) error {
					seen.Store(caller.Current(ctx).ID(), true)
					runtime.Gosched()
					return nil
				})
				p.AddDoneCallback(func(pending.Handle) { <-slots })
			}
			for range n {
				slots <- struct{}{}
			}
			count := 0
			seen.Range(func(any, any) bool { count++; return true })
			require.LessOrEqual(t, count, n)
		})
	}
}

// T-12: of the pool, a manager sees the calls and nothing else.
func TestManagersSeeCallsOnly_T12(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, caller.WithIdleTimeout(time.Second), caller.WithMaxWorkers(1))
		m := pending.NewManager()
		ctx := m.Context(t.Context())
		p, q := c.ToThread(ctx, hold(time.Minute)), c.ToThread(ctx, nothing)
		synctest.Wait()
		require.Equal(t, []pending.Handle{p, q}, m.Pending())
		for _, h := range m.Pending() {
			h.Cancel("everything")
		}
		require.NoError(t, p.WaitDone(t.Context()))
		require.Empty(t, m.Pending())
		time.Sleep(2 * time.Second)
		require.Empty(t, c.Children(), "the sweeper goes on")
	})
}

func TestThousandsOfCalls(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, caller.WithMaxWorkers(8))
		var ran atomic.Int32
		var ps []pending.Handle
		for i := range 5000 {
			ps = append(ps, c.ToThread(t.Context(), func(context.Context) error { ran.Inc(); return nil }))
			if i%3 == 0 {
				ps[i].Cancel("")
			}
		}
		results := 0
		for _, p := range ps {
			require.NoError(t, p.WaitDone(t.Context()))
			if !p.Cancelled() {
				results++
			}
		}
		require.GreaterOrEqual(t, int(ran.Load()), results)
		require.GreaterOrEqual(t, results, 3333)
		synctest.Wait()
		require.Len(t, c.Children(), 8)
	})
}

// Cancelled before it starts, a call is done at once, and its worker is there for others.
func TestCancelBeforeTheWorkerStarts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		k := worker(t, c)
		require.NoError(t, k.CallDirect(func() { time.Sleep(time.Second) }))
		synctest.Wait()
		p := c.ToThread(t.Context(), func(context.Context) error { panic("it runs") })
		require.True(t, p.Cancel(""))
		require.True(t, p.IsDone())
		require.True(t, p.Cancelled())
		time.Sleep(time.Second)
		synctest.Wait()
		require.Same(t, k, worker(t, c))
		require.Len(t, c.Children(), 1)
	})
}
