package caller_test

import (
	"context"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// Calls in excess of the workers run in the order of submission, on whichever worker is free first.
func TestMaxWorkers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, caller.WithName("c"), caller.WithMaxWorkers(2), caller.WithIdleTimeout(0))
		var order trail[int]
		began := time.Now()
		var ps []pending.Handle
		for i := range 20 {
			ps = append(ps, c.ToThread(t.Context(), func(context.Context) error {
				order.add(i)
				time.Sleep(time.Second + time.Duration(i*61%500)*time.Millisecond) // no two end at the same time
				return nil
			}))
		}
		synctest.Wait()
		require.Equal(t, []int{0, 1}, slices.Sorted(slices.Values(order.all())))
		require.Len(t, c.Children(), 2)
		for _, p := range ps {
			require.NoError(t, p.WaitDone(t.Context()))
			require.NoError(t, p.Err())
		}
		require.Equal(t, numbers(20)[2:], order.all()[2:])
		require.LessOrEqual(t, time.Since(began), 13*time.Second)
		require.ElementsMatch(t, []string{"c/worker-1", "c/worker-2"}, []string{worker(t, c).Name(), worker(t, c).Name()}, "none has been replaced")
	})
	// Nobody is left behind when no worker is kept, or when each of them dies.
	for name, opts := range map[string][]caller.Option{
		"none is kept":        {caller.WithMaxIdleWorkers(0)},
		"they go at once":     {caller.WithIdleTimeout(1)},
		"they stop by itself": nil,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := start(t, append(opts, caller.WithMaxWorkers(1))...)
				var order trail[int]
				var ps []pending.Handle
				for i := range 10 {
					ps = append(ps, c.ToThread(t.Context(), func(ctx context.Context) error {
						order.add(i)
						if opts == nil {
							caller.Current(ctx).Stop(true)
						}
						return nil
					}))
				}
				for _, p := range ps {
					require.NoError(t, p.WaitDone(t.Context()))
					require.NoError(t, p.Err())
				}
				require.Equal(t, numbers(10), order.all())
			})
		})
	}
	// A call that is given to a worker counts; so does what a call has left behind.
	t.Run("leftovers", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := start(t, caller.WithMaxWorkers(1))
			began := time.Now()
			c.ToThread(t.Context(), func(ctx context.Context) error {
				caller.Current(ctx).CallSoon(ctx, sleep(time.Minute))
				return nil
			})
			worker(t, c)
			require.Equal(t, time.Minute, time.Since(began))
		})
	})
	t.Run("nested calls have workers of their own", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := start(t, caller.WithMaxWorkers(1))
			var nest func(ctx context.Context, depth int) (int, error)
			nest = func(ctx context.Context, depth int) (int, error) {
				if depth == 0 {
					return 1, nil
				}
				return caller.ToThread(ctx, caller.Current(ctx), func(ctx context.Context) (int, error) {
					return nest(ctx, depth-1)
				}).Wait(ctx)
			}
			require.NoError(t, c.ToThread(t.Context(), func(ctx context.Context) error { return second(nest(ctx, 5)) }).WaitDone(t.Context()))
		})
	})
}

// A call in the queue is over at once when it is cancelled, its context ends, or the caller is told to stop.
func TestQueuedForAWorker(t *testing.T) {
	full := func(t *testing.T) *caller.Caller {
		c := start(t, quiet, caller.WithMaxWorkers(1))
		c.ToThread(t.Context(), hold(time.Hour))
		synctest.Wait()
		return c
	}
	never := func(context.Context) error { panic("it runs") }
	t.Run("cancelled", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := full(t)
			p := c.ToThread(t.Context(), never)
			require.Equal(t, pending.Handle(p), pending.Current(p.Context()))
			require.NotContains(t, p.String(), " on ")
			require.Same(t, c, caller.Current(p.Context()), "until there is a worker")
			require.True(t, p.Cancel("no"))
			require.True(t, p.IsDone())
			require.True(t, p.Cancelled())
		})
	})
	t.Run("its context ends", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := full(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			p := c.ToThread(ctx, never)
			time.Sleep(time.Second)
			synctest.Wait()
			require.True(t, p.Cancelled())
			require.ErrorIs(t, p.Err(), context.DeadlineExceeded)
		})
	})
	t.Run("the wait is given up", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := full(t)
			p := c.ToThread(t.Context(), never)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			require.ErrorIs(t, p.WaitDone(ctx), context.DeadlineExceeded)
			require.True(t, p.IsDone())
		})
	})
	t.Run("the caller stops", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := full(t)
			ps := []pending.Handle{c.ToThread(t.Context(), never), c.ToThread(t.Context(), never), c.ToThread(t.Context(), never)}
			ps[0].AddDoneCallback(func(pending.Handle) { runtime.Goexit() })
			stopped := make(chan struct{})
			go func() {
				defer close(stopped)
				c.Stop(true)
			}()
			<-stopped
			for _, p := range ps {
				requireStopped(t, p)
			}
			require.Equal(t, caller.Stopping, c.State())
			require.NoError(t, c.Close())
		})
	})
	t.Run("a tracker cancels it", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			for _, c := range []*caller.Caller{full(t), start(t)} {
				p := c.ToThread(pending.WithTracker(t.Context(), canceller{}), never)
				require.True(t, p.Cancelled())
				require.True(t, p.IsDone())
			}
		})
	})
	t.Run("many cancelled do not pile up", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := full(t)
			last := c.ToThread(t.Context(), nothing)
			for range 5000 {
				c.ToThread(t.Context(), never).Cancel("")
			}
			last.Cancel("")
			after := c.ToThread(t.Context(), nothing)
			require.NoError(t, after.WaitDone(t.Context()))
			require.NoError(t, after.Err())
		})
	})
}

// A context that somebody has watched before the call had a worker ends with the worker all the same.
func TestContextOfAQueuedCallEndsAtStop(t *testing.T) {
	for name, limit := range map[string]int{"queued": 1, "at once": 0} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := start(t, caller.WithMaxWorkers(limit))
				c.ToThread(t.Context(), hold(time.Second))
				watched := pending.WithTracker(t.Context(), watcher{})
				p := c.ToThread(watched, func(ctx context.Context) error {
					<-ctx.Done()
					return context.Cause(ctx)
				})
				time.Sleep(2 * time.Second)
				require.NoError(t, c.Close())
				requireStopped(t, p)
			})
		})
	}
}

// watcher is a tracker that wants to know when calls are to end.
type watcher struct{}

func (watcher) Track(p pending.Handle) { p.Context().Done() }

// canceller is a tracker that wants nothing to run.
type canceller struct{}

func (canceller) Track(p pending.Handle) { p.Cancel("no") }

func TestWorkerOptions(t *testing.T) {
	for name, opt := range map[string]caller.Option{
		"WithMaxIdleWorkers": caller.WithMaxIdleWorkers(-1),
		"WithIdleTimeout":    caller.WithIdleTimeout(-1),
		"WithMaxWorkers":     caller.WithMaxWorkers(-1),
	} {
		_, err := caller.New(t.Context(), opt)
		require.ErrorIs(t, err, caller.ErrInvalid)
		require.Contains(t, err.Error(), name)
		require.Contains(t, err.Error(), "use 0")
	}
	bubble(t, func(t *testing.T) {
		parent := start(t, caller.WithMaxWorkers(1), caller.WithIdleTimeout(time.Second))
		child, own := get(t, parent, "child"), get(t, parent, "own", caller.WithMaxWorkers(2))
		for c, n := range map[*caller.Caller]int{child: 1, own: 2} {
			for range 3 {
				c.ToThread(t.Context(), hold(time.Second))
			}
			synctest.Wait()
			require.Len(t, c.Children(), n)
		}
		time.Sleep(10 * time.Second)
		require.Empty(t, child.Children())
	})
}

// The watchdog does not mind what is held up on purpose.
func TestWorkersMayBeHeldUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log logLines
		c := start(t, log.option())
		require.NoError(t, c.ToThread(t.Context(), hold(time.Hour)).WaitDone(t.Context()))
		require.Empty(t, log.lines(t))
	})
}

// A limited mailbox full of other calls does not keep a call from finding a worker.
func TestWorkerWithAFullMailbox(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, caller.WithMailboxLimit(1))
		k := worker(t, c)
		require.NoError(t, k.CallDirect(func() { time.Sleep(time.Second) }))
		synctest.Wait()
		require.NoError(t, k.CallDirect(func() {}))
		require.ErrorIs(t, k.CallDirect(func() {}), loop.ErrMailboxFull)
		require.NotSame(t, k, worker(t, c))
		time.Sleep(time.Second)
		synctest.Wait()
		require.Len(t, c.Children(), 2)
		require.NotSame(t, worker(t, c), worker(t, c), "both are idle")
	})
}
