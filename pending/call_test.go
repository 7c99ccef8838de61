package pending_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

func TestSubmitRunsOnTheThread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		var onThread []bool
		fn := func(context.Context) (string, error) {
			onThread = append(onThread, l.OnThread())
			return "value", nil
		}
		now := pending.Submit(never, l, 0, fn)
		early := pending.Submit(never, l, -1, fn)
		late := pending.Submit(never, l, hour, fn)
		synctest.Wait()
		requireResult(t, now, "value")
		requireResult(t, early, "value")
		requireOpen(t, late)
		sleepUntilIdle(hour)
		requireResult(t, late, "value")
		require.Equal(t, []bool{true, true, true}, onThread)
	})
}

func TestGoRunsElsewhere(t *testing.T) {
	l := manual(t)
	var p *pending.Pending[bool]
	pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
		p = pending.Go(ctx, func(context.Context) (bool, error) { return l.OnThread(), nil })
		return 1, nil
	})
	drive(l)
	<-p.Done()
	requireResult(t, p, false)
}

func TestSubmitKeepsTheOrder(t *testing.T) {
	l := manual(t)
	const n = 1000
	var started []int
	for i := range n {
		pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
			started = append(started, i)
			if i%3 == 0 {
				return i, loop.Yield(ctx)
			}
			return i, nil
		})
	}
	drive(l)
	require.Len(t, started, n)
	for i := range n {
		require.Equal(t, i, started[i])
	}
}

func TestDelayedCallsRunByDueTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		begin := time.Now()
		var tr trace
		at := map[string]time.Duration{}
		for name, d := range map[string]time.Duration{"b": 2 * second, "c": 3 * second, "a": second} {
			pending.Submit(never, l, d, func(context.Context) (int, error) {
				tr.add(name)
				at[name] = time.Since(begin)
				return 0, nil
			})
		}
		sleepUntilIdle(hour)
		require.Equal(t, trace{"a", "b", "c"}, tr)
		require.Equal(t, map[string]time.Duration{"a": second, "b": 2 * second, "c": 3 * second}, at)
	})
}

// misdeeds are what a function can do instead of returning, and what becomes of the call.
var misdeeds = map[string]struct {
	do    func()
	check func(t *testing.T, err error)
}{
	"panic": {func() { panic("a value") }, func(t *testing.T, err error) {
		var p *pending.PanicError
		require.ErrorAs(t, err, &p)
		require.Equal(t, "a value", p.Value)
		require.Contains(t, string(p.Stack), "pending_test", "the stack at the panic")
		require.Equal(t, "panic: a value", p.Error())
		require.NoError(t, errors.Unwrap(p))
	}},
	"panic with an error": {func() { panic(errBoom) }, func(t *testing.T, err error) {
		require.ErrorIs(t, err, errBoom)
		require.NotEqual(t, errBoom, err)
	}},
	"panic(nil)": {func() { panic(nil) }, func(t *testing.T, err error) {
		var nilPanic *runtime.PanicNilError
		require.ErrorAs(t, err, &nilPanic)
		require.NotErrorIs(t, err, pending.ErrGoexit)
	}},
	"panic with ErrStopped": {func() { panic(loop.ErrStopped) }, func(t *testing.T, err error) {
		require.ErrorIs(t, err, loop.ErrStopped)
		var p *pending.PanicError
		require.ErrorAs(t, err, &p)
	}},
	"Goexit": {runtime.Goexit, func(t *testing.T, err error) {
		require.ErrorIs(t, err, pending.ErrGoexit)
		var p *pending.PanicError
		require.False(t, errors.As(err, &p))
	}},
}

func TestFunctionThatDoesNotReturn(t *testing.T) {
	for starter, start := range starters {
		for name, misdeed := range misdeeds {
			for _, waits := range []bool{false, true} {
				when := map[bool]string{false: "/at once", true: "/after a wait"}[waits]
				bubble(t, starter+"/"+name+when, func(t *testing.T) {
					l := running(t)
					deferred := false
					p := start(never, l, func(ctx context.Context) (int, error) {
						defer func() { deferred = true }()
						if waits {
							check(t, loop.Sleep(ctx, second) == nil, "the sleep")
						}
						misdeed.do()
						return 1, nil
					})
					called := 0
					p.AddDoneCallback(func(pending.Handle) { called++ })
					sleepUntilIdle(second)
					require.True(t, p.IsDone())
					require.False(t, p.Cancelled())
					misdeed.check(t, p.Err())
					require.True(t, deferred)
					require.Equal(t, 1, called)

					next := start(never, l, constant(2))
					synctest.Wait()
					requireResult(t, next, 2)
				})
			}
		}
	}
}

// A panic that nobody can find in an outcome, since the call was cancelled before, is logged.
func TestPanicAfterCancelIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logBuffer
		l := running(t, withLog(&log))
		p := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
			_ = newGate().WaitDone(ctx)
			panic("while cleaning up")
		})
		synctest.Wait()
		p.Cancel("")
		synctest.Wait()
		requireCancelled(t, p)
		require.Contains(t, log.String(), "while cleaning up")
	})
}

func TestNilFunction(t *testing.T) {
	for starter, start := range starters {
		t.Run(starter, func(t *testing.T) {
			p := start(never, manual(t), nil)
			require.True(t, p.IsDone())
			require.ErrorIs(t, p.Err(), loop.ErrNilFunc)
			require.False(t, p.Cancelled())
			require.NotEmpty(t, p.String())
		})
	}
}

func TestNilContext(t *testing.T) {
	for starter, start := range starters {
		bubble(t, starter, func(t *testing.T) {
			p := start(nil, running(t), func(ctx context.Context) (int, error) { //nolint:staticcheck // tolerated
				return 1, ctx.Err()
			})
			synctest.Wait()
			requireResult(t, p, 1)
		})
	}
}

// L-18, L-19: what a loop that has been told to stop is asked for is cancelled from the beginning.
func TestSubmitToStoppedLoop(t *testing.T) {
	for kind, delay := range map[string]time.Duration{"now": 0, "delayed": second} {
		t.Run(kind, func(t *testing.T) {
			l := manual(t)
			l.Stop()
			p := pending.Submit(never, l, delay, neverRun(t))
			requireCancelled(t, p)
			require.ErrorIs(t, p.Err(), loop.ErrStopped)
		})
	}
}

func TestSubmitPastTheLimit(t *testing.T) {
	l := manual(t, loop.WithMailboxLimit(1))
	first := pending.Submit(never, l, 0, constant(1))
	second := pending.Submit(never, l, 0, neverRun(t))
	require.ErrorIs(t, second.Err(), loop.ErrMailboxFull)
	require.False(t, second.Cancelled())
	drive(l)
	requireResult(t, first, 1)
}

// L-18: what was accepted before the stop ends as a result, an error or a cancellation, in whatever
// state the stop finds it, and nothing hangs.
func TestStopEndsAcceptedCalls(t *testing.T) {
	stoppers := map[string]func(l *loop.Loop){
		"between turns": func(l *loop.Loop) { l.Stop() },
		"by a call": func(l *loop.Loop) {
			pending.Submit(never, l, 0, func(context.Context) (int, error) { l.Stop(); return 0, nil })
		},
	}
	for name, stop := range stoppers {
		bubble(t, "L-18/"+name, func(t *testing.T) {
			l := manual(t)
			for range 1000 { // short turns: the loop runs several calls in one
				require.NoError(t, l.Post(func() {}))
			}
			drive(l)
			willing := pending.Submit(never, l, 0, through(newGate(), 1))
			unwilling := pending.Submit(never, l, 0, func(context.Context) (int, error) {
				_ = newGate().WaitDone(never)
				return 2, nil
			})
			failing := pending.Submit(never, l, 0, func(context.Context) (int, error) {
				_ = newGate().WaitDone(never)
				return 0, errBoom
			})
			drive(l)
			delayed := pending.Submit(never, l, hour, neverRun(t))
			cancelledBefore := pending.Submit(never, l, 0, neverRun(t))
			stop(l)
			queued := pending.Submit(never, l, 0, neverRun(t))
			cancelledBefore.Cancel("first")
			drive(l)
			require.True(t, closed(l.Done()))

			for _, p := range []pending.Handle{willing, delayed, queued} {
				requireCancelled(t, p)
				require.ErrorIs(t, p.Err(), loop.ErrStopped)
			}
			requireResult(t, unwilling, 2)
			require.Same(t, errBoom, failing.Err())
			require.EqualError(t, cancelledBefore.Err(), "cancelled: first")
		})
	}
}

// A stop that is due to the function's own context being asked, not to a failed wait, counts as well.
func TestStopSeenInTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		p := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
			check(t, ctx.Err() == nil, "not stopped")
			_, _, err := loop.Receive(context.WithoutCancel(ctx), make(chan int))
			check(t, errors.Is(err, loop.ErrStopped), "the wait's error")
			return 0, ctx.Err()
		})
		synctest.Wait()
		l.Stop()
		synctest.Wait()
		requireCancelled(t, p)
		require.ErrorIs(t, p.Err(), loop.ErrStopped)
	})
}

// Two reasons at once, a context that has ended and a loop that stops before the call finds out, are
// reason enough to count as cancelled.
func TestStopAfterTheContextHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := manual(t)
		ctx, cancel := context.WithCancel(never)
		p := pending.Submit(ctx, l, 0, through(newGate(), 1))
		drive(l)
		cancel()
		synctest.Wait()
		l.Stop()
		drive(l)
		requireCancelled(t, p)
	})
}

// Somebody may end a call's Pending before its function does: the first outcome stays.
func TestOutcomeSetFromOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		g := newGate()
		p := pending.Submit(never, l, 0, through(g, 1))
		synctest.Wait()
		require.True(t, p.SetResult(99))
		requireResult(t, p, 99)
		open(g)
		synctest.Wait()
		requireResult(t, p, 99)
	})
}

func TestOptionsOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := manual(t)
		p := pending.Submit(never, l, 0, constant(1), pending.WithMetadata("k", "v"), pending.WithProtection(), nil)
		require.Equal(t, map[string]any{"k": "v"}, p.Metadata())
		ctx, cancel := context.WithCancel(never)
		cancel()
		var err error
		go func() { err = p.WaitDone(ctx) }()
		synctest.Wait()
		require.ErrorIs(t, err, context.Canceled)
		require.False(t, p.Cancelled(), "P-22")
		drive(l)
		requireResult(t, p, 1)
	})
}
