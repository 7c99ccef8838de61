package caller_test

import (
	"context"
	"errors"
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
)

func TestStopTwice_L12(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		var stops atomic.Int32
		c.Stopping().AddDoneCallback(func(pending.Handle) { stops.Inc() })
		c.Stopped().AddDoneCallback(func(pending.Handle) { stops.Inc() })
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() { c.Stop(i%2 == 0) })
			wg.Go(func() { _ = c.Close() })
		}
		wg.Wait()
		require.NoError(t, c.Close())
		c.Stop(true)
		require.EqualValues(t, 2, stops.Load())
	})
}

// L-12: a sleeping call is ended, and does not hold the stop up.
func TestL12_StopWhileACallSleeps(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		p := c.CallSoon(t.Context(), sleep(time.Hour))
		synctest.Wait()
		began := time.Now()
		require.NoError(t, c.Close())
		require.Zero(t, time.Since(began))
		requireStopped(t, p)
	})
}

// L-11: what is not due is cancelled.
func TestL11_DelayedCallsAreCancelled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		p := caller.CallLater(t.Context(), c, time.Hour, func(context.Context) (int, error) { panic("not reached") })
		synctest.Wait()
		require.NoError(t, c.Close())
		requireStopped(t, p)
	})
}

// L-18, L-19: from the moment stop is requested everything new is refused in the same way: while calls are
// being ended, and after.
func TestPostsAfterStop_L18_L19(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		refused := func(ctx context.Context) {
			requireStopped(t, caller.CallSoon(ctx, c, give(1)))
			requireStopped(t, caller.CallLater(ctx, c, time.Second, give(1)))
			requireStopped(t, caller.CallLater(ctx, c, 0, give(1)))
			requireStopped(t, caller.ScheduleCall(ctx, c, give(1), caller.Delay(1)))
			requireStopped(t, c.CallSoon(ctx, nothing))
			requireStopped(t, c.CallLater(ctx, 1, nothing))
			require.ErrorIs(t, c.CallDirect(func() {}), loop.ErrStopped)
			require.ErrorIs(t, second(c.Get("x")), loop.ErrStopped)
			require.ErrorIs(t, second(c.Hold()), loop.ErrStopped)
			require.ErrorIs(t, second(c.Loop().PostDelayed(1, func() {})), loop.ErrStopped)
		}
		accepted := c.CallSoon(t.Context(), func(ctx context.Context) error {
			c.Stop(true)
			refused(ctx)
			refused(context.Background())
			return nil
		})
		require.NoError(t, accepted.WaitDone(t.Context()))
		require.NoError(t, accepted.Err())
		require.NoError(t, c.Close())
		refused(t.Context())
		require.ErrorIs(t, c.Do(t.Context(), func() {}), loop.ErrStopped)
	})
}

// The same while the parent waits for a child to end.
func TestPostsAfterStop_WhileChildrenEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		get(t, c, "child").CallSoon(t.Context(), hold(time.Second))
		synctest.Wait()
		c.Stop(true)
		synctest.Wait()
		require.Equal(t, caller.Stopping, c.State())
		requireStopped(t, caller.CallSoon(t.Context(), c, give(1)))
		requireStopped(t, caller.CallLater(t.Context(), c, time.Second, give(1)))
		require.ErrorIs(t, c.CallDirect(func() {}), loop.ErrStopped)
		require.ErrorIs(t, c.Do(t.Context(), func() {}), loop.ErrStopped)
		require.ErrorIs(t, second(c.Loop().PostDelayed(1, func() {})), loop.ErrStopped)
	})
}

// L-20: a call that holds the thread is waited for, and ends as it likes.
func TestL20_StopWaitsForTheRunningCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		p := caller.CallSoon(t.Context(), c, func(context.Context) (int, error) {
			time.Sleep(time.Second)
			return 9, nil
		})
		synctest.Wait()
		began := time.Now()
		require.NoError(t, c.Close())
		require.Equal(t, time.Second, time.Since(began))
		v, err := p.Result()
		require.NoError(t, err)
		require.Equal(t, 9, v)
	})
}

func TestStopFromInsideACall(t *testing.T) {
	for name, stop := range map[string]func(*caller.Caller){
		"Stop":  func(c *caller.Caller) { c.Stop(true) },
		"Close": func(c *caller.Caller) { _ = c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := start(t)
				behind := make(chan pending.Handle, 1)
				var waited error
				p := c.CallSoon(t.Context(), func(ctx context.Context) error {
					behind <- c.CallSoon(ctx, nothing)
					stop(c)
					require.ErrorIs(t, ctx.Err(), context.Canceled)
					waited = loop.Sleep(context.Background(), time.Hour)
					return nil
				})
				require.NoError(t, c.WaitStopped(t.Context()))
				require.NoError(t, p.Err(), "it ended by itself")
				require.ErrorIs(t, waited, loop.ErrStopped)
				requireStopped(t, <-behind)
			})
		})
	}
}

func TestStopFromInsideADirectCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		require.NoError(t, c.CallDirect(func() { _ = c.Close() }))
		require.NoError(t, c.WaitStopped(t.Context()))
		d := start(t)
		require.NoError(t, d.Do(t.Context(), func() { d.Stop(true) }))
		require.NoError(t, d.WaitStopped(t.Context()))
	})
}

// The end of the context stops the caller, protected or not.
func TestContextEndStops(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c, err := caller.New(ctx, caller.WithProtected())
		require.NoError(t, err)
		child := get(t, c, "child")
		p := c.CallSoon(t.Context(), suspend)
		require.NoError(t, c.WaitStopped(t.Context()))
		requireStopped(t, p)
		require.Equal(t, caller.Stopped, child.State())
	})
}

// Thousands of calls, queued, suspended in every way and delayed: each ends, what they have deferred runs on
// their own thread, and nothing is left.
func TestStopWhileCallsAreQueuedAndSuspended(t *testing.T) {
	n := 100_000
	if testing.Short() || raceEnabled || runtime.GOARCH == "wasm" {
		n = 2000
	}
	bubble(t, func(t *testing.T) {
		c := start(t)
		thread := c.ThreadID()
		other := start(t)
		var deferred, elsewhere atomic.Int64
		never := pending.New[int](t.Context(), pending.WithProtection())
		wait := []func(ctx context.Context) error{
			suspend,
			sleep(time.Hour),
			func(ctx context.Context) error { return never.WaitDone(ctx) },
			func(context.Context) error { return never.WaitDone(context.Background(), pending.Shield()) },
			func(ctx context.Context) error { return second(other.CallSoon(ctx, suspend).Wait(ctx)) },
		}
		ends := make([]pending.Handle, 0, 3*n)
		for i := range n {
			ends = append(ends, c.CallSoon(t.Context(), func(ctx context.Context) error {
				defer func() {
					deferred.Inc()
					if !c.Loop().OnThread() || runtime.GOARCH != "wasm" && osThread() != thread {
						elsewhere.Inc()
					}
				}()
				return wait[i%len(wait)](ctx)
			}))
		}
		require.NoError(t, c.Do(t.Context(), func() {}))
		require.Equal(t, n, c.Stats().Suspended)
		gate := make(chan struct{})
		blocked := c.CallSoon(t.Context(), func(context.Context) error {
			<-gate
			return nil
		})
		synctest.Wait() // it runs
		for range n {
			ends = append(ends, c.CallSoon(t.Context(), func(context.Context) error { panic("not reached") }),
				c.CallLater(t.Context(), time.Minute, func(context.Context) error { panic("not reached") }))
		}
		c.Stop(true)
		close(gate)
		require.NoError(t, c.WaitStopped(t.Context()))
		require.NoError(t, blocked.Err())
		for i, p := range ends {
			if !p.IsDone() || !errors.Is(p.Err(), context.Canceled) {
				require.Fail(t, "a call has not ended as it should", "%d: %v: %v", i, p, p.Err())
			}
		}
		require.EqualValues(t, n, deferred.Load())
		require.Zero(t, elsewhere.Load())
		s := c.Stats()
		require.Zero(t, s.Suspended+s.QueueDepth+s.Timers+s.Idle)
		require.False(t, never.IsDone())
	})
}

// A call that the stop keeps from running is cancelled by it, also when it is next in line behind the one
// in which the stop came.
func TestStopCancelsTheCallNextInLine(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := manual(t)
		var ends []pending.Handle
		for range 200 { // so that many are taken in one turn
			require.NoError(t, c.CallDirect(func() {}))
		}
		c.CallSoon(t.Context(), func(context.Context) error {
			c.Stop(true)
			return nil
		})
		for range 100 {
			ends = append(ends, c.CallSoon(t.Context(), func(context.Context) error { panic("not reached") }))
		}
		require.ErrorIs(t, c.Poll(t.Context(), 0), loop.ErrStopped)
		for _, p := range ends {
			requireStopped(t, p)
		}
	})
}

// A call that returns its context's error because of the stop is cancelled by it.
func TestStopEndsACallThatWatchesItsContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		p := c.CallSoon(t.Context(), func(ctx context.Context) error {
			time.Sleep(time.Second)
			return ctx.Err()
		})
		synctest.Wait()
		c.Stop(true)
		require.NoError(t, c.WaitStopped(t.Context()))
		requireStopped(t, p)
	})
}

// Deferred functions of calls that a stop ends may use everything; it fails, and does not hang.
func TestDeferredFunctionsDuringTheStop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, other := start(t), start(t)
		errs := map[string]error{}
		c.CallSoon(t.Context(), func(ctx context.Context) error {
			defer func() {
				errs["Sleep"] = loop.Sleep(context.Background(), time.Hour)
				errs["Yield"] = loop.Yield(context.Background())
				_, errs["Block"] = loop.Block(context.Background(), func(ctx context.Context) (int, error) {
					<-ctx.Done()
					return 0, ctx.Err()
				})
				_, _, errs["Receive"] = loop.Receive(context.Background(), make(chan int))
				errs["a call of its own"] = caller.CallSoon(ctx, c, give(1)).Err()
				errs["another's call"] = other.CallSoon(context.Background(), suspend).WaitDone(context.Background())
				errs["Get"] = second(c.Get("child"))
				errs["CallDirect"] = c.CallDirect(func() {})
			}()
			return suspend(ctx)
		})
		synctest.Wait()
		require.NoError(t, c.Close())
		require.Len(t, errs, 8)
		for what, err := range errs {
			require.ErrorIs(t, err, loop.ErrStopped, what)
		}
	})
}

// Calls that go on in spite of the stop, and panic or leave by Goexit in the middle of it.
func TestCallsThatMisbehaveDuringTheStop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, quiet)
		stubborn := c.CallSoon(t.Context(), func(ctx context.Context) error {
			for range 100 {
				if suspend(ctx) == nil {
					t.Error("no error")
				}
			}
			return nil
		})
		panics := c.CallSoon(t.Context(), func(ctx context.Context) error {
			_ = suspend(ctx)
			panic(errTest)
		})
		leaves := c.CallSoon(t.Context(), func(ctx context.Context) error {
			_ = suspend(ctx)
			return goexit(ctx)
		})
		require.NoError(t, c.CallDirect(func() {
			_ = suspend(context.Background())
			panic("nobody is told")
		}))
		synctest.Wait()
		require.NoError(t, c.Close())
		require.NoError(t, stubborn.Err())
		require.ErrorIs(t, panics.Err(), errTest)
		require.ErrorIs(t, leaves.Err(), pending.ErrGoexit)
	})
}

// Callbacks of queued calls that panic or leave by Goexit do not keep the others from ending.
func TestCallbacksThatMisbehaveDuringTheStop(t *testing.T) {
	for name, misbehave := range map[string]func(pending.Handle){
		"panic":  func(pending.Handle) { panic("oh dear") },
		"Goexit": func(pending.Handle) { runtime.Goexit() },
	} {
		for _, driven := range []bool{true, false} {
			t.Run(name+map[bool]string{true: "/driven", false: "/never driven"}[driven], func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					c := manual(t, quiet)
					if driven {
						require.NoError(t, c.Close())
						c = start(t, quiet)
						c.CallSoon(t.Context(), hold(time.Second))
						synctest.Wait()
					}
					var ends []pending.Handle
					for range 5 {
						p := c.CallSoon(t.Context(), nothing)
						p.AddDoneCallback(misbehave)
						ends = append(ends, p)
					}
					done := make(chan struct{})
					go func() {
						defer close(done)
						c.Stop(true)
					}()
					<-done
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					require.NoError(t, c.Stopped().WaitDone(ctx))
					for _, p := range ends {
						requireStopped(t, p)
					}
				})
			})
		}
	}
}

// Callbacks of started, stopping and stopped that panic or leave by Goexit are like any others.
func TestStateCallbacksThatMisbehave(t *testing.T) {
	for name, misbehave := range map[string]func(pending.Handle){
		"panic":  func(pending.Handle) { panic("oh dear") },
		"Goexit": func(pending.Handle) { runtime.Goexit() },
	} {
		for _, which := range []string{"started", "stopping", "stopped", "a child's stopped"} {
			t.Run(name+"/"+which, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					h := newHost()
					h.started = time.Second
					go func() { _, _ = caller.New(context.Background(), caller.WithHost(h), quiet) }()
					synctest.Wait()
					c := caller.All(false)[0]
					states := map[string]*pending.Pending[pending.None]{"started": c.Started(), "stopping": c.Stopping(), "stopped": c.Stopped()}
					if p, ok := states[which]; ok {
						p.AddDoneCallback(misbehave)
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					require.NoError(t, c.Started().WaitDone(ctx))
					p := c.CallSoon(t.Context(), nothing)
					require.NoError(t, p.WaitDone(ctx))
					get(t, c, "child", quiet).Stopped().AddDoneCallback(misbehave)
					go c.Stop(true)
					require.NoError(t, c.Stopped().WaitDone(ctx))
					synctest.Wait()
					select {
					case <-c.Loop().Done():
					default:
						require.Fail(t, "the loop is not done")
					}
				})
			})
		}
	}
}

// L-22: a loop that is stopped by itself takes its caller along, with children, and leaves nothing.
func TestL22_LoopEndsByItself(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		child := get(t, c, "child")
		c.Loop().Stop()
		require.NoError(t, c.WaitStopped(t.Context()))
		require.NoError(t, child.WaitStopped(t.Context()))
	})
}

// L-21: neither a panic nor Goexit ends a caller.
func TestL21_NothingEndsACaller(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, quiet)
		for range 20 {
			require.NoError(t, c.CallDirect(func() { panic("oh dear") }))
			require.NoError(t, c.CallDirect(func() { runtime.Goexit() }))
			c.CallSoon(t.Context(), goexit)
			c.CallSoon(t.Context(), func(context.Context) error { panic(errTest) })
			require.NoError(t, c.CallDirect(func() {
				_ = loop.Yield(context.Background())
				runtime.Goexit()
			}))
		}
		require.Equal(t, 4, call(t, c, func(context.Context) int { return 4 }))
		synctest.Wait()
		require.True(t, c.Running())
		require.EqualValues(t, 60, c.Stats().Panics)
	})
}
