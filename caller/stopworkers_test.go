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

// A worker that has been told to stop and cannot yet takes no call from the queue.
func TestAWorkerThatStopsLeavesTheQueueAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, caller.WithMaxWorkers(1))
		k := worker(t, c)
		require.NoError(t, get(t, k, "child").CallDirect(func() { time.Sleep(time.Second) }))
		synctest.Wait()
		k.Stop(true)
		began := time.Now()
		p := c.ToThread(context.Background(), nothing)
		require.NoError(t, p.WaitDone(t.Context()))
		require.NoError(t, p.Err())
		require.Equal(t, time.Second, time.Since(began))
	})
}

// When the caller has stopped, the calls that waited for a worker have ended, also if one has died meanwhile.
func TestStopWhileAWorkerDies(t *testing.T) {
	realTime(t)
	for round := range 300 {
		c := start(t, quiet, caller.WithMaxWorkers(1))
		k := worker(t, c)
		ps := []pending.Handle{c.ToThread(context.Background(), suspend), c.ToThread(context.Background(), nothing)}
		var wg sync.WaitGroup
		wg.Go(func() { k.Stop(true) })
		for range round % 40 {
			runtime.Gosched()
		}
		require.NoError(t, c.Close())
		for _, p := range ps {
			require.True(t, p.IsDone(), p)
		}
		wg.Wait()
	}
}

// The end of a worker that has refused a call is nothing to that call, whose context somebody holds already.
func TestAWorkerThatRefusedDoesNotEndTheCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		k := worker(t, c)
		require.NoError(t, get(t, k, "child").CallDirect(func() { time.Sleep(2 * time.Second) }))
		synctest.Wait()
		k.Stop(true)
		p := caller.ScheduleCall(t.Context(), c, func(ctx context.Context) (pending.None, error) {
			return pending.None{}, sleep(time.Hour)(ctx)
		}, caller.InWorker(), caller.Delay(time.Second))
		ended := p.Context().Done()
		require.NoError(t, p.WaitDone(t.Context()))
		require.NoError(t, p.Err())
		select {
		case <-ended:
			require.Fail(t, "the context has ended")
		default:
		}
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
