package caller_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// Calling one's own loop: Do runs the function at once, at any depth.
func TestCallingOnesOwnLoop_DoRunsInline(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		depth := 0
		require.NoError(t, c.Do(t.Context(), func() {
			require.NoError(t, c.Do(t.Context(), func() {
				require.NoError(t, c.Do(context.Background(), func() { depth = 3 }))
				require.Equal(t, 3, depth)
			}))
		}))
		require.Equal(t, 3, depth)
		var err error
		require.NoError(t, c.CallDirect(func() { err = c.Do(t.Context(), func() { panic(errTest) }) }))
		require.NoError(t, c.Do(t.Context(), func() {}))
		require.ErrorIs(t, err, errTest)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, c.Do(t.Context(), func() { err = c.Do(ctx, func() { t.Error("ran") }) }))
		require.ErrorIs(t, err, context.Canceled)
	})
}

// Calling one's own loop and waiting for the result: the call is suspended, whatever context it waits with,
// and the other one runs.
func TestCallingOnesOwnLoop_WaitSuspends(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		for _, with := range []func(context.Context) context.Context{
			func(ctx context.Context) context.Context { return ctx },
			func(context.Context) context.Context { return context.Background() },
			func(ctx context.Context) context.Context { return context.WithValue(ctx, t, 1) },
		} {
			var nest func(n int) func(context.Context) (int, error)
			nest = func(n int) func(context.Context) (int, error) {
				return func(ctx context.Context) (int, error) {
					if n == 0 {
						return 0, nil
					}
					v, err := caller.CallSoon(ctx, c, nest(n-1)).Wait(with(ctx))
					return v + 1, err
				}
			}
			v, err := caller.CallSoon(t.Context(), c, nest(100)).Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, 100, v)
		}
	})
}

// Waiting for one's own result is an error at once, and leaves the call alone.
func TestCallingOnesOwnLoop_WaitingForOnesOwnResult(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		p := c.CallSoon(t.Context(), func(ctx context.Context) error {
			self := caller.CurrentPending(ctx)
			for range 2 {
				require.ErrorIs(t, self.WaitDone(ctx), pending.ErrDeadlock)
				require.ErrorIs(t, self.WaitDone(context.Background()), pending.ErrDeadlock)
				require.ErrorIs(t, self.WaitDone(ctx, pending.Shield()), pending.ErrDeadlock)
				require.False(t, self.Cancelled())
				require.NoError(t, loop.Yield(ctx))
			}
			return nil
		})
		require.NoError(t, p.WaitDone(t.Context()))
		require.NoError(t, p.Err())
	})
}

// A bounded mailbox refuses what does not fit, at once, in every kind of call; delayed calls and those that
// have started do not count; there is room again when calls have started.
func TestBoundedMailbox(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, caller.WithMailboxLimit(3), caller.WithName("small"))
		c.CallSoon(t.Context(), hold(time.Second))
		synctest.Wait()
		for range 2 {
			require.NoError(t, c.CallDirect(func() {}))
		}
		accepted := c.CallSoon(t.Context(), nothing)
		refused := []error{
			c.CallDirect(func() {}),
			c.Do(t.Context(), func() { t.Error("ran") }),
			c.CallSoon(t.Context(), nothing).Err(),
			caller.CallSoon(t.Context(), c, give(1)).Err(),
			caller.ScheduleCall(t.Context(), c, give(1)).Err(),
		}
		for _, err := range refused {
			require.ErrorIs(t, err, loop.ErrMailboxFull)
			require.NotErrorIs(t, err, pending.ErrCancelled)
			require.Contains(t, err.Error(), "small")
		}
		later := c.CallLater(t.Context(), time.Millisecond, nothing)
		require.False(t, later.IsDone())
		require.NoError(t, later.WaitDone(t.Context()))
		require.NoError(t, accepted.WaitDone(t.Context()))
		require.NoError(t, accepted.Err())
		require.NoError(t, c.Do(t.Context(), func() {}))
	})
}

// From inside one of the caller's own calls, where waiting for room would be a deadlock, a full mailbox is
// an error as well, and suspended calls go on although it is full.
func TestBoundedMailboxWouldDeadlock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, caller.WithMailboxLimit(2))
		p := caller.CallSoon(t.Context(), c, func(ctx context.Context) (refused int, err error) {
			for range 10 {
				if p := c.CallSoon(ctx, nothing); p.IsDone() {
					require.ErrorIs(t, p.Err(), loop.ErrMailboxFull)
					refused++
				}
			}
			require.NoError(t, c.Do(ctx, func() {}), "inline needs no room")
			return refused, loop.Sleep(ctx, time.Second)
		})
		v, err := p.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 8, v)
		// Two callers that wait for each other with both mailboxes full.
		d := start(t, caller.WithMailboxLimit(1))
		e := start(t, caller.WithMailboxLimit(1))
		var ps []pending.Handle
		for _, two := range [][2]*caller.Caller{{d, e}, {e, d}} {
			ps = append(ps, two[0].CallSoon(t.Context(), func(ctx context.Context) error {
				for range 10 {
					if err := two[1].CallSoon(ctx, sleep(1)).WaitDone(ctx); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		for _, p := range ps {
			require.NoError(t, p.WaitDone(t.Context()))
			require.NoError(t, p.Err())
		}
	})
}

//go:noinline
func panicsDeepInside(n int, v any) {
	if n == 0 {
		panic(v)
	}
	panicsDeepInside(n-1, v)
}

// A panic comes back with value and stack, and the stack names who panicked: in every kind of call, before
// and after a wait.
func TestPanicKeepsItsStack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		panics := func(context.Context) (int, error) {
			panicsDeepInside(3, "oh dear")
			return 0, nil
		}
		waits := func(ctx context.Context) (int, error) {
			if err := loop.Sleep(ctx, time.Second); err != nil {
				return 0, err
			}
			return panics(ctx)
		}
		errs := map[string]error{
			"CallSoon":       caller.CallSoon(t.Context(), c, panics).WaitDone(t.Context()),
			"Do":             c.Do(t.Context(), func() { _, _ = panics(t.Context()) }),
			"inline Do":      nil,
			"after a wait":   second(caller.CallSoon(t.Context(), c, waits).Wait(t.Context())),
			"CallLater":      second(caller.CallLater(t.Context(), c, time.Second, panics).Wait(t.Context())),
			"Block":          second(caller.CallSoon(t.Context(), c, func(ctx context.Context) (int, error) { return loop.Block(ctx, panics) }).Wait(t.Context())),
			"another caller": second(caller.CallSoon(t.Context(), start(t), func(ctx context.Context) (int, error) { return caller.CallSoon(ctx, c, waits).Wait(ctx) }).Wait(t.Context())),
		}
		require.NoError(t, errs["CallSoon"])
		errs["CallSoon"] = second(caller.CallSoon(t.Context(), c, panics).Wait(t.Context()))
		require.NoError(t, c.Do(t.Context(), func() {
			errs["inline Do"] = c.Do(t.Context(), func() { _, _ = panics(t.Context()) })
		}))
		for name, err := range errs {
			p, ok := errors.AsType[*pending.PanicError](err)
			require.True(t, ok, "%s: %v", name, err)
			require.Equal(t, "oh dear", p.Value)
			require.Equal(t, 4, strings.Count(string(p.Stack), "panicsDeepInside("), "%s: %s", name, p.Stack)
			require.Contains(t, p.Error(), "oh dear")
		}
	})
}

// A panic with an error unwraps to it.
func TestPanicWithAnErrorUnwraps(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		wrapped := fmt.Errorf("wrapped: %w", errTest)
		_, err := c.CallSoon(t.Context(), func(context.Context) error { panic(wrapped) }).Wait(t.Context())
		require.ErrorIs(t, err, errTest)
		require.ErrorIs(t, c.Do(t.Context(), func() { panic(wrapped) }), errTest)
		_, err = c.CallSoon(t.Context(), func(context.Context) error { var s []int; s[len(s)] = 1; return nil }).Wait(t.Context())
		_, ok := errors.AsType[runtime.Error](err)
		require.True(t, ok)
		_, err = c.CallSoon(t.Context(), func(context.Context) error { panic(nil) }).Wait(t.Context()) //nolint:govet // on purpose
		_, ok = errors.AsType[*runtime.PanicNilError](err)
		require.True(t, ok)
	})
}

// What comes with the end of the context is cancellation also when it is panicked with; a panic is a panic.
func TestPanicOfACancelledCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, quiet)
		p := c.CallSoon(t.Context(), func(ctx context.Context) error {
			_ = suspend(ctx)
			panic(errTest)
		})
		synctest.Wait()
		p.Cancel("why not")
		require.NoError(t, p.WaitDone(t.Context()))
		require.True(t, p.Cancelled())
		require.ErrorIs(t, p.Err(), pending.ErrCancelled)
	})
}

// Goexit, by itself or by way of t.FailNow, t.SkipNow and their like, ends the call and nothing else.
func TestGoexit(t *testing.T) {
	ways := map[string]func(){
		"runtime.Goexit": runtime.Goexit,
		"FailNow":        new(testing.T).FailNow,
		"SkipNow":        new(testing.T).SkipNow,
	}
	for name, leave := range ways {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var log logLines
				c, other := start(t, log.option()), start(t, log.option())
				deferred := 0
				leaves := func(wait func(context.Context) error) func(context.Context) error {
					return func(ctx context.Context) error {
						defer func() { deferred++ }()
						if err := wait(ctx); err != nil {
							return err
						}
						leave()
						return nil
					}
				}
				for range 3 {
					for _, wait := range []func(context.Context) error{nothing, sleep(1), loop.Yield} {
						_, err := c.CallSoon(t.Context(), leaves(wait)).Wait(t.Context())
						require.ErrorIs(t, err, pending.ErrGoexit)
					}
					require.ErrorIs(t, c.Do(t.Context(), leave), pending.ErrGoexit)
					_, err := other.CallSoon(t.Context(), func(ctx context.Context) error { return c.Do(ctx, leave) }).Wait(t.Context())
					require.ErrorIs(t, err, pending.ErrGoexit)
					_, err = c.CallSoon(t.Context(), func(ctx context.Context) error { return c.Do(ctx, leave) }).Wait(t.Context())
					require.ErrorIs(t, err, pending.ErrGoexit, "inline it is the call's own")
				}
				require.Equal(t, 9, deferred)
				require.Empty(t, log.lines(t), "somebody was told each time")
				require.NoError(t, c.CallDirect(leave))
				require.NoError(t, c.Do(t.Context(), func() {}))
				require.Contains(t, log.one(t)["error"], "Goexit")
				require.True(t, c.Running())
			})
		})
	}
}

func TestNilFunction(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		for _, err := range []error{
			c.CallDirect(nil),
			c.Do(t.Context(), nil),
			c.CallSoon(t.Context(), nil).Err(),
			c.CallLater(t.Context(), time.Hour, nil).Err(),
			caller.CallSoon[int](t.Context(), c, nil).Err(),
			caller.CallLater[int](t.Context(), c, 1, nil).Err(),
			caller.ScheduleCall[int](t.Context(), c, nil).Err(),
			caller.Run(t.Context(), nil),
			second(c.Loop().PostDelayed(1, nil)),
			c.Loop().Post(nil),
		} {
			require.ErrorIs(t, err, loop.ErrNilFunc)
		}
		require.NoError(t, c.Do(t.Context(), func() { require.ErrorIs(t, c.Do(t.Context(), nil), loop.ErrNilFunc) }))
		require.Zero(t, c.Stats().Timers)
	})
}

// A nil caller is an error where there is one to return.
func TestNilCaller(t *testing.T) {
	var c *caller.Caller
	require.ErrorIs(t, c.CallSoon(t.Context(), nothing).Err(), caller.ErrNoCaller)
	require.ErrorIs(t, caller.CallSoon(t.Context(), c, give(1)).Err(), caller.ErrNoCaller)
	require.NotPanics(t, func() {
		require.ErrorIs(t, c.CallDirect(func() {}), caller.ErrNoCaller)
		require.ErrorIs(t, c.Do(t.Context(), func() {}), caller.ErrNoCaller)
		require.ErrorIs(t, second(c.Get("x")), caller.ErrNoCaller)
		require.ErrorIs(t, second(c.Hold()), caller.ErrNoCaller)
		require.ErrorIs(t, c.Poll(t.Context(), 0), caller.ErrNoCaller)
		require.ErrorIs(t, c.WaitStopped(t.Context()), caller.ErrNoCaller)
		require.ErrorIs(t, c.Close(), caller.ErrNoCaller)
		require.ErrorIs(t, c.CallLater(t.Context(), time.Hour, nothing).Err(), caller.ErrNoCaller)
		require.ErrorIs(t, c.ToThread(t.Context(), nothing).Err(), caller.ErrNoCaller)
		require.ErrorIs(t, caller.ScheduleCall(t.Context(), c, give(1), caller.On(caller.Goroutine)).Err(), caller.ErrNoCaller)
		require.Equal(t, "no Caller", c.String())
	})
}

// Run and New inside a call: Run is refused, New suspends, and so does Get.
func TestRunAndNewInsideACall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		p := c.CallSoon(t.Context(), func(ctx context.Context) error {
			err := caller.Run(ctx, func(context.Context, *caller.Caller) error { panic("not reached") })
			require.ErrorIs(t, err, loop.ErrInUse)
			require.Contains(t, err.Error(), c.Name())
			d, err := caller.New(ctx)
			require.NoError(t, err)
			require.Nil(t, d.Parent(), "who makes it is not its parent")
			if err := d.CallSoon(ctx, nothing).WaitDone(ctx); err != nil {
				return err
			}
			return d.Close()
		})
		require.NoError(t, p.WaitDone(t.Context()))
		require.NoError(t, p.Err())
	})
}

// Poll inside a call, of a caller that has a thread, or from the wrong goroutine.
func TestPollWhereItDoesNotBelong(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, hosted := start(t), start(t, caller.WithHost(newHost()))
		for _, d := range []*caller.Caller{c, hosted} {
			require.ErrorIs(t, d.Poll(t.Context(), 0), loop.ErrInUse)
			require.NoError(t, d.Do(t.Context(), func() {
				require.ErrorIs(t, d.Poll(t.Context(), -1), loop.ErrInUse)
			}))
			require.Equal(t, 1, call(t, d, func(context.Context) int { return 1 }))
		}
		m := manual(t, quiet)
		ran := m.CallSoon(t.Context(), func(ctx context.Context) error {
			require.ErrorIs(t, m.Poll(ctx, -1), loop.ErrInUse)
			_, ok := m.Loop().RunPending()
			require.False(t, ok)
			return loop.Yield(ctx)
		})
		require.NoError(t, m.Poll(t.Context(), 0))
		require.NoError(t, ran.Err())
		wrong := make(chan error)
		go func() { wrong <- m.Poll(context.Background(), -1) }()
		require.ErrorIs(t, <-wrong, loop.ErrInUse)
	})
}
