package caller_test

import (
	"context"
	"errors"
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

// Cancelled before it starts, a call costs its worker nothing.
func TestCancelBeforeTheWorkerStarts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		p := c.ToThread(t.Context(), func(context.Context) error { return errTest })
		done := p.Cancel("")
		require.True(t, done)
		require.NoError(t, p.WaitDone(t.Context()))
		require.True(t, p.Cancelled())
		synctest.Wait()
		require.Len(t, c.Children(), 1)
		require.Same(t, c.Children()[0], worker(t, c))
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

// W-10, L-20: stop waits for a busy worker, whose call ends as it likes; suspended ones are cancelled, and new
// ones refused.
func TestStopWithWorkers_W10_L20(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		idle := worker(t, c)
		ignores := caller.ToThread(t.Context(), c, func(context.Context) (int, error) { time.Sleep(time.Second); return 3, nil })
		minds := c.ToThread(t.Context(), func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) })
		waits := c.ToThread(t.Context(), suspend)
		synctest.Wait()
		began := time.Now()
		c.Stop(true)
		requireStopped(t, c.ToThread(t.Context(), nothing))
		require.NoError(t, c.WaitStopped(t.Context()))
		require.Equal(t, time.Second, time.Since(began))
		v, err := ignores.Result()
		require.NoError(t, err)
		require.Equal(t, 3, v)
		requireStopped(t, minds)
		requireStopped(t, waits)
		require.Equal(t, caller.Stopped, idle.State())
		requireStopped(t, c.ToThread(t.Context(), nothing))
		requireStopped(t, caller.ScheduleCall(t.Context(), c, give(1), caller.InWorker(), caller.Delay(time.Second)))
		require.Empty(t, c.Children())
	})
}

// W-12, L-22: however the parent ends, so do the workers; L-16: whatever protects them.
func TestWorkersStopWithTheirParent_W12_L22_L16(t *testing.T) {
	for name, end := range map[string]func(*caller.Caller, context.CancelFunc){
		"close":               func(c *caller.Caller, _ context.CancelFunc) { _ = c.Close() },
		"the end of its life": func(_ *caller.Caller, cancel context.CancelFunc) { cancel() },
		"the end of its loop": func(c *caller.Caller, _ context.CancelFunc) { c.Loop().Stop() },
		"the end of a hold":   func(c *caller.Caller, _ context.CancelFunc) { release, _ := c.Hold(); release() },
		"a worker's call to it": func(c *caller.Caller, _ context.CancelFunc) {
			c.ToThread(context.Background(), func(context.Context) error { return c.Close() })
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				life, cancel := context.WithCancel(t.Context())
				defer cancel()
				c, err := caller.New(life, errorsOnly)
				require.NoError(t, err)
				workers := workersOf(t, c, 3)
				workers[0].Protect()
				p := c.ToThread(t.Context(), suspend)
				synctest.Wait()
				end(c, cancel)
				require.NoError(t, c.WaitStopped(t.Context()))
				require.NoError(t, p.WaitDone(t.Context()))
				requireStopped(t, p)
				for _, k := range workers {
					require.Equal(t, caller.Stopped, k.State())
				}
			})
		})
	}
	bubble(t, func(t *testing.T) {
		var left *caller.Caller
		require.NoError(t, caller.Run(t.Context(), func(ctx context.Context, c *caller.Caller) error {
			left = worker(t, c)
			c.ToThread(ctx, hold(time.Second))
			return nil
		}))
		require.Equal(t, caller.Stopped, left.State())
	})
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

// A worker that has died is replaced.
func TestWorkersThatDie(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		k := worker(t, c)
		require.NoError(t, k.Close())
		other := worker(t, c)
		require.NotSame(t, k, other)
		// One that is only told to, and is held up.
		_ = other.CallDirect(func() { time.Sleep(time.Second) })
		synctest.Wait()
		other.Stop(true)
		require.NotSame(t, other, worker(t, c))
		// In the middle of its call.
		p := c.ToThread(t.Context(), func(ctx context.Context) error {
			caller.Current(ctx).Stop(true)
			return loop.Sleep(ctx, time.Hour)
		})
		require.NoError(t, p.WaitDone(t.Context()))
		requireStopped(t, p)
		require.True(t, worker(t, c).Running())
	})
}

// A worker may die between being chosen and being given its call, or at any other time: no call is lost, and
// one that had not been given to it does not notice.
func TestWorkersDieAllTheTime(t *testing.T) {
	for _, limit := range []int{0, 1, 3} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			realTime(t)
			c := start(t, quiet, caller.WithMaxWorkers(limit))
			over := make(chan struct{})
			var killer sync.WaitGroup
			killer.Go(func() {
				for {
					select {
					case <-over:
						return
					default:
						for _, k := range c.Children() {
							k.Stop(true)
						}
						_ = loop.Sleep(context.Background(), 20*time.Microsecond)
					}
				}
			})
			var wg sync.WaitGroup
			var ok, stopped atomic.Int32
			for range 4 {
				wg.Go(func() {
					for range 150 {
						ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
						p := caller.ToThread(ctx, c, give(1))
						err := p.WaitDone(ctx)
						cancel()
						switch {
						case err != nil:
							assert.NoError(t, err, "a call is lost: %v", p)
							return
						case p.Err() == nil:
							ok.Inc()
						case errors.Is(p.Err(), loop.ErrStopped):
							stopped.Inc()
						default:
							assert.NoError(t, p.Err())
						}
					}
				})
			}
			wg.Wait()
			close(over)
			killer.Wait()
			require.EqualValues(t, 600, ok.Load()+stopped.Load())
			require.NotZero(t, ok.Load())
			require.NoError(t, c.ToThread(context.Background(), nothing).WaitDone(context.Background()))
		})
	}
}

// Stops that meet calls end every one of them.
func TestToThreadWhileTheCallerStops(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for round := range 100 {
			c := start(t, caller.WithMaxWorkers(round%4), caller.WithMaxIdleWorkers(round%3))
			var ps trail[pending.Handle]
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for range 10 {
						ps.add(c.ToThread(t.Context(), sleep(time.Duration(round%5)*time.Microsecond)))
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
			require.Empty(t, c.Children())
		}
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
