package caller_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/queue"
)

// closing, in both ways, ends the call in progress and drops those behind it; the Pending is done when the
// call has returned. Nothing is logged.
func TestQ02_Close(t *testing.T) {
	for name, closing := range map[string]func(c *caller.Caller, f *queue.Func[int]){
		"QueueClose": func(c *caller.Caller, f *queue.Func[int]) { caller.QueueClose(c, f) },
		"Cancel": func(c *caller.Caller, f *queue.Func[int]) {
			p, _ := caller.QueueGet(c, f)
			p.Cancel("enough")
		},
		"on the thread": func(c *caller.Caller, f *queue.Func[int]) {
			_ = c.Do(context.Background(), func() { caller.QueueClose(c, f) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var logs logLines
				c := start(t, logs.option())
				var begun, ended trail[int]
				f := queue.NewFunc(func(ctx context.Context, i int) error {
					begun.add(i)
					err := suspend(ctx)
					_ = loop.Sleep(context.Background(), time.Minute)
					ended.add(i)
					return err
				})
				for round := range 2 {
					queued(t, c, f, round, 10, 11, 12)
					synctest.Wait()
					p := queueOf(t, c, f)
					closing(c, f)
					requireNoQueue(t, c, f)
					require.True(t, p.Cancelled())
					synctest.Wait()
					require.False(t, p.IsDone(), "the call has not returned")
					time.Sleep(time.Hour)
					require.ErrorIs(t, p.Err(), pending.ErrCancelled)
				}
				require.Equal(t, []int{0, 1}, begun.all())
				require.Equal(t, []int{0, 1}, ended.all())
				require.Empty(t, logs.lines(t))
				require.Zero(t, c.Stats().Suspended)
			})
		})
	}
}

// what is queued and has not started is dropped; an idle queue's Pending is done at once.
func TestQ02_CloseBeforeTheStartAndIdle(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := manual(t)
		ran := 0
		f := queue.NewFunc(func(context.Context, int) error {
			ran++
			return nil
		})
		queued(t, c, f, 1, 2)
		p := queueOf(t, c, f)
		caller.QueueClose(c, f)
		require.NoError(t, c.Poll(t.Context(), 0))
		require.Zero(t, ran)
		require.ErrorIs(t, p.Err(), pending.ErrCancelled)
		queued(t, c, f, 1)
		require.NoError(t, c.Poll(t.Context(), 0))
		require.Equal(t, 1, ran)
		p = queueOf(t, c, f)
		caller.QueueClose(c, f)
		require.True(t, p.IsDone())
	})
}

// A call can close its own queue, and a wait that is given up does not.
func TestQ04_OnlyClosingCloses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		var order trail[int]
		var f *queue.Func[int]
		f = queue.NewFunc(func(ctx context.Context, i int) error {
			order.add(i)
			if i == 1 {
				caller.QueueClose(c, f)
				require.ErrorIs(t, ctx.Err(), context.Canceled)
			}
			return nil
		})
		queued(t, c, f, 0)
		p := queueOf(t, c, f)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, p.WaitDone(ctx), context.DeadlineExceeded)
		require.False(t, p.Cancelled())
		require.NoError(t, c.Do(t.Context(), func() { queued(t, c, f, 1, 2) })) // both before the first runs
		require.NoError(t, p.WaitDone(t.Context()))
		require.Equal(t, []int{0, 1}, order.all())
		requireNoQueue(t, c, f)
	})
}

// a queue opened while the old one still ends stays registered when it has ended.
func TestQ11_ReopenedAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		var order trail[string]
		f := queue.NewFunc(func(ctx context.Context, name string) error {
			order.add(name)
			if name == "old" {
				_ = suspend(ctx)
				return loop.Sleep(context.Background(), time.Second)
			}
			return nil
		})
		queued(t, c, f, "old", "dropped")
		synctest.Wait()
		old := queueOf(t, c, f)
		caller.QueueClose(c, f)
		queued(t, c, f, "new")
		reopened := queueOf(t, c, f)
		require.NotSame(t, old, reopened)
		time.Sleep(time.Minute)
		require.True(t, old.IsDone())
		old.Cancel("again")
		require.Same(t, reopened, queueOf(t, c, f))
		queued(t, c, f, "newer")
		synctest.Wait()
		require.Same(t, reopened, queueOf(t, c, f))
		require.Equal(t, []string{"old", "new", "newer"}, order.all())
	})
}

// also when it is opened while the old one is being closed, which takes long here: its context has many
// children to end first.
func TestQ11_ReopenedMeanwhile(t *testing.T) {
	realTime(t)
	c := start(t)
	var cancels []func()
	f := queue.NewFunc(func(ctx context.Context, children int) error {
		for range children {
			_, cancel := context.WithCancel(ctx)
			cancels = append(cancels, cancel)
		}
		return nil
	})
	for range 10 {
		queued(t, c, f, 3000)
		p := queueOf(t, c, f)
		require.NoError(t, c.Do(t.Context(), func() {}))
		var wg sync.WaitGroup
		wg.Go(func() { p.Cancel("") })
		for !p.Cancelled() {
			runtime.Gosched()
		}
		queued(t, c, f, 0)
		wg.Wait()
		_ = queueOf(t, c, f)
	}
	require.NoError(t, c.Close())
	for _, cancel := range cancels {
		cancel()
	}
}

// all queues close when the caller is told to stop, in each state; later calls are refused.
func TestQ13_CallerStops(t *testing.T) {
	for name, state := range map[string]func(c *caller.Caller, f *queue.Func[int]) (runs int){
		"idle": func(c *caller.Caller, f *queue.Func[int]) int {
			_ = caller.QueueCall(context.Background(), c, f, 0)
			return 1
		},
		"in progress": func(c *caller.Caller, f *queue.Func[int]) int {
			_ = caller.QueueCall(context.Background(), c, f, 1)
			return 1
		},
		"in progress, more behind it": func(c *caller.Caller, f *queue.Func[int]) int {
			for range 1000 {
				_ = caller.QueueCall(context.Background(), c, f, 1)
			}
			return 1
		},
	} {
		for when, stop := range map[string]func(c *caller.Caller){
			"outside":   func(c *caller.Caller) { _ = c.Close() },
			"in a call": func(c *caller.Caller) { _ = c.Do(context.Background(), func() { c.Stop(true) }) },
			"with a child": func(c *caller.Caller) {
				_, _ = c.Get("child")
				_ = c.Close()
			},
		} {
			t.Run(name+", "+when, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					var logs logLines
					c := start(t, logs.option())
					ran, cause := 0, error(nil)
					f := queue.NewFunc(func(ctx context.Context, i int) error {
						ran++
						if i == 0 {
							return nil
						}
						err := suspend(ctx)
						cause = context.Cause(ctx)
						return err
					})
					runs := state(c, f)
					synctest.Wait()
					p := queueOf(t, c, f)
					stop(c)
					requireNoQueue(t, c, f)
					require.ErrorIs(t, caller.QueueCall(t.Context(), c, f, 0), loop.ErrStopped)
					require.NoError(t, c.WaitStopped(t.Context()))
					requireStopped(t, p)
					require.Equal(t, runs, ran)
					require.ErrorIs(t, caller.QueueCall(t.Context(), c, f, 0), loop.ErrStopped)
					require.Empty(t, logs.lines(t))
					if name != "idle" {
						require.Error(t, cause)
					}
				})
			})
		}
	}
}

// queues of callers that never ran, or whose host fails, end as well.
func TestQ13_NeverRunAndHostFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := queue.NewFunc(func(ctx context.Context, _ int) error { return suspend(ctx) })
		c := manual(t)
		queued(t, c, f, 1, 2)
		p := queueOf(t, c, f)
		require.NoError(t, c.Close())
		requireStopped(t, p)

		h := newHost()
		c = start(t, caller.WithHost(h), quiet)
		queued(t, c, f, 1, 2, 3)
		p = queueOf(t, c, f)
		synctest.Wait()
		h.fail <- errTest
		require.ErrorIs(t, c.WaitStopped(t.Context()), errTest)
		requireStopped(t, p)
	})
}

// A callback that calls Goexit does not keep the other queues open, nor the caller running.
func TestQ13_CallbackCallsGoexit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, quiet)
		var all []*pending.Pending[pending.None]
		for range 10 {
			f := queue.NewFunc(func(context.Context, int) error { return nil })
			queued(t, c, f, 1)
			p := queueOf(t, c, f)
			p.AddDoneCallback(func(pending.Handle) { runtime.Goexit() })
			all = append(all, p)
		}
		synctest.Wait()
		go c.Stop(true)
		require.NoError(t, c.WaitStopped(t.Context()))
		for _, p := range all {
			requireStopped(t, p)
		}
	})
}

// A full mailbox refuses the call and takes nothing; what waits behind a call in progress counts as well.
func TestQueueCallFull(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, caller.WithMailboxLimit(3))
		var order trail[int]
		gate := make(chan struct{})
		f := queue.NewFunc(func(ctx context.Context, i int) error {
			order.add(i)
			_, _, err := loop.Receive(ctx, gate)
			return err
		})
		require.NoError(t, c.Do(t.Context(), func() {
			queued(t, c, f, 0, 1, 2)
			require.ErrorIs(t, caller.QueueCall(t.Context(), c, f, 99), loop.ErrMailboxFull)
		}))
		synctest.Wait() // 0 is in progress
		queued(t, c, f, 3)
		require.ErrorIs(t, caller.QueueCall(t.Context(), c, f, 99), loop.ErrMailboxFull)
		synctest.Wait()
		require.ErrorIs(t, caller.QueueCall(t.Context(), c, f, 99), loop.ErrMailboxFull)
		gate <- struct{}{}
		synctest.Wait()
		queued(t, c, f, 4)
		close(gate)
		synctest.Wait()
		require.Equal(t, numbers(5), order.all())
	})
}

// What has piled up behind a call does not keep the thread from others.
func TestQueueCallBacklogStarvesNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		const n = 10_000
		var ran, at int
		gate := make(chan struct{})
		f := queue.NewFunc(func(ctx context.Context, i int) error {
			if i == 0 {
				_, _, err := loop.Receive(ctx, gate)
				require.NoError(t, c.CallDirect(func() { at = ran }))
				return err
			}
			ran++
			return nil
		})
		for i := range n {
			queued(t, c, f, i)
		}
		synctest.Wait()
		close(gate)
		synctest.Wait()
		require.NoError(t, c.Do(t.Context(), func() {
			require.Equal(t, n-1, ran)
			require.Less(t, at, 200)
		}))
	})
}

// Calls, closes and cancels from many goroutines: no call overlaps another of its queue, every Pending ends, and
// the last queue works.
func TestQ11_Hammer(t *testing.T) {
	realTime(t)
	for round := range 20 {
		c := start(t, quiet)
		var all trail[*pending.Pending[pending.None]]
		running := map[pending.Handle]int{} // touched on the thread only
		overlaps := 0
		f := queue.NewFunc(func(ctx context.Context, i int) error {
			p := caller.CurrentPending(ctx)
			running[p]++
			defer func() { running[p]-- }()
			if running[p] > 1 {
				overlaps++
			}
			switch i % 50 {
			case 7:
				panic(i)
			case 11:
				runtime.Goexit()
			case 3, 13, 23:
				return loop.Yield(ctx)
			}
			return nil
		})
		var wg sync.WaitGroup
		for g := range 4 {
			wg.Go(func() {
				for i := range 500 {
					if err := caller.QueueCall(context.Background(), c, f, i); err != nil {
						t.Error(err)
					}
					p, ok := caller.QueueGet(c, f)
					switch {
					case !ok:
						continue
					case i%100 == 10*g:
						caller.QueueClose(c, f)
					case i%100 == 10*g+5:
						p.Cancel("hammer")
					}
					if i%10 == 0 {
						all.add(p)
					}
				}
			})
		}
		if round%2 == 0 {
			wg.Wait()
			queued(t, c, f, 0)
			p := queueOf(t, c, f)
			caller.QueueClose(c, f)
			require.NoError(t, p.WaitDone(t.Context()))
		} else {
			wg.Wait()
		}
		require.NoError(t, c.Close())
		require.Zero(t, overlaps)
		for _, p := range all.all() {
			require.ErrorIs(t, p.Err(), pending.ErrCancelled, fmt.Sprint(p))
		}
	}
}

// QueueCalls that race the stop are accepted or refused, and nothing runs after it.
func TestQ13_RacesTheStop(t *testing.T) {
	realTime(t)
	for range 50 {
		c := start(t, quiet)
		var stopped atomic.Bool
		f := queue.NewFunc(func(context.Context, int) error {
			if stopped.Load() {
				t.Error("runs after the stop")
			}
			return nil
		})
		var last atomic.Pointer[pending.Pending[pending.None]]
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for caller.QueueCall(context.Background(), c, f, 1) == nil {
					if p, ok := caller.QueueGet(c, f); ok {
						last.Store(p)
					}
					runtime.Gosched() // where there is one thread nobody else would run
				}
			})
		}
		runtime.Gosched()
		require.NoError(t, c.Close())
		stopped.Store(true)
		wg.Wait()
		requireNoQueue(t, c, f)
		if p := last.Load(); p != nil {
			requireStopped(t, p)
		}
	}
}
