package caller_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/caller/callertest"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// S-01: values come back, from functions that wait and from those that do not.
func TestS01_Values(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, other := start(t), start(t)
		ctx := t.Context()
		arg := struct{ a, b int }{1, 2}
		sum := func(context.Context) (int, error) { return arg.a + arg.b, nil }
		waiting := func(ctx context.Context) (int, error) {
			if err := loop.Sleep(ctx, time.Second); err != nil {
				return 0, err
			}
			return sum(ctx)
		}
		for name, fn := range map[string]func(context.Context) (int, error){"plain": sum, "waiting": waiting} {
			for by, p := range map[string]*pending.Pending[int]{
				"CallSoon":     caller.CallSoon(ctx, c, fn),
				"CallLater":    caller.CallLater(ctx, c, time.Minute, fn),
				"ScheduleCall": caller.ScheduleCall(ctx, c, fn),
				"from another caller": caller.CallSoon(ctx, other, func(ctx context.Context) (int, error) {
					return caller.CallSoon(ctx, c, fn).Wait(ctx)
				}),
			} {
				v, err := p.Wait(ctx)
				require.NoError(t, err, "%s %s", name, by)
				require.Equal(t, 3, v, "%s %s", name, by)
			}
		}
		_, err := c.CallSoon(ctx, func(context.Context) error { return errTest }).Wait(ctx)
		require.Equal(t, errTest, err)
		_, err = c.CallLater(ctx, time.Second, func(context.Context) error { return errTest }).Wait(ctx)
		require.Equal(t, errTest, err)
	})
}

// S-02: a returned Pending or error value is a value like any other.
func TestS02_ResultsAreNotAwaited(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		inner := pending.New[int](t.Context())
		p, err := caller.CallSoon(t.Context(), c, give(inner)).Wait(t.Context())
		require.NoError(t, err)
		require.Same(t, inner, p)
		require.False(t, inner.IsDone())
		value, err := caller.CallSoon(t.Context(), c, give(errTest)).Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, errTest, value)
		fn, err := caller.CallSoon(t.Context(), c, give(func() int { return 7 })).Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 7, fn())
	})
}

// S-05: a call finds its own Pending; a direct call has none.
func TestS05_CurrentPending(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		type seen struct{ at, after, deeper pending.Handle }
		p := caller.CallSoon(t.Context(), c, func(ctx context.Context) (seen, error) {
			s := seen{at: caller.CurrentPending(ctx)}
			inner := caller.CallSoon(ctx, c, func(ctx context.Context) (pending.Handle, error) {
				return caller.CurrentPending(ctx), nil
			})
			var err error
			s.deeper, err = inner.Wait(ctx)
			require.Equal(t, pending.Handle(inner), s.deeper)
			s.after = caller.CurrentPending(context.WithValue(ctx, t, 1))
			return s, err
		})
		s, err := p.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, pending.Handle(p), s.at)
		require.Equal(t, pending.Handle(p), s.after)
		var direct pending.Handle = p
		require.NoError(t, c.CallDirect(func() { direct = caller.CurrentPending(context.Background()) }))
		require.NoError(t, c.Do(t.Context(), func() {}))
		require.Nil(t, direct)
	})
}

// S-06: a call that is cancelled in the queue is done at once and never runs.
func TestS06_CancelQueued(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		c.CallSoon(t.Context(), hold(time.Second))
		synctest.Wait()
		ran := false
		fn := func(context.Context) error { ran = true; return nil }
		for _, p := range []*pending.Pending[pending.None]{c.CallSoon(t.Context(), fn), c.CallLater(t.Context(), time.Minute, fn)} {
			require.True(t, p.Cancel("too early"))
			require.True(t, p.IsDone())
			require.ErrorIs(t, p.Err(), pending.ErrCancelled)
			require.Contains(t, p.Err().Error(), "too early")
			require.False(t, p.Cancel("again"))
		}
		time.Sleep(time.Hour)
		require.NoError(t, c.Close())
		require.False(t, ran)
	})
}

// S-07: cancelling a call that waits ends its context, from wherever it is done; what it was told is kept.
func TestS07_CancelSuspended(t *testing.T) {
	places := map[string]func(c, other *caller.Caller, f func()){
		"here":         func(_, _ *caller.Caller, f func()) { f() },
		"its thread":   func(c, _ *caller.Caller, f func()) { _ = c.Do(context.Background(), f) },
		"other thread": func(_, other *caller.Caller, f func()) { _ = other.Do(context.Background(), f) },
	}
	messages := map[string][]string{"": {""}, "stop it": {"stop it"}, "one; two": {"one", "two"}}
	for place, at := range places {
		for want, said := range messages {
			t.Run(place+"/"+want, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					c, other := start(t), start(t)
					var saw, after error
					p := c.CallSoon(t.Context(), func(ctx context.Context) error {
						saw = loop.Sleep(ctx, time.Hour)
						after = ctx.Err()
						// What it does about it is its own business.
						return loop.Sleep(context.WithoutCancel(ctx), time.Second)
					})
					synctest.Wait()
					at(c, other, func() {
						for _, msg := range said {
							require.True(t, p.Cancel(msg))
						}
					})
					synctest.Wait()
					require.True(t, p.Cancelled())
					require.False(t, p.IsDone(), "its function has not returned")
					began := time.Now()
					require.NoError(t, p.WaitDone(t.Context()))
					require.Equal(t, time.Second, time.Since(began))
					require.ErrorIs(t, saw, context.Canceled)
					require.ErrorIs(t, after, context.Canceled)
					cancelled, ok := errors.AsType[*pending.CancelledError](p.Err())
					require.True(t, ok)
					require.Equal(t, want, cancelled.Message)
				})
			})
		}
	}
}

// S-07: a body that goes on and holds the thread is reported as cancelled all the same.
func TestS07_CancelIsReportedWhateverTheBodyDoes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		p := caller.CallSoon(t.Context(), c, func(ctx context.Context) (int, error) {
			_ = suspend(ctx)
			time.Sleep(time.Second)
			return 5, nil
		})
		synctest.Wait()
		p.Cancel("")
		v, err := p.Wait(t.Context())
		require.ErrorIs(t, err, pending.ErrCancelled)
		require.Zero(t, v)
	})
}

// S-08: a call that holds the thread is marked when it is cancelled, done when it has returned, and its
// value is dropped.
func TestS08_CancelRunning(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		var saw error
		p := caller.CallSoon(t.Context(), c, func(ctx context.Context) (int, error) {
			time.Sleep(time.Second)
			saw = ctx.Err()
			return 5, nil
		})
		synctest.Wait()
		require.True(t, p.Cancel("enough"))
		require.True(t, p.Cancelled())
		require.False(t, p.IsDone())
		require.ErrorIs(t, p.Err(), pending.ErrNotDone)
		v, err := p.Wait(t.Context())
		require.ErrorIs(t, err, pending.ErrCancelled)
		require.Zero(t, v)
		require.ErrorIs(t, saw, context.Canceled)
		require.False(t, p.Cancel("again"))
	})
}

// S-11: a clean-up function, which runs wherever the collector likes, may cancel.
func TestS11_CancelFromACleanup(t *testing.T) {
	realTime(t)
	c := start(t)
	p := c.CallSoon(t.Context(), suspend)
	func() {
		object := new([64]byte)
		runtime.AddCleanup(object, func(p *pending.Pending[pending.None]) { p.Cancel("collected") }, p)
	}()
	for n := 0; !p.Cancelled(); n++ {
		require.Less(t, n, 10_000)
		runtime.GC()
	}
	require.NoError(t, p.WaitDone(t.Context()))
	require.Contains(t, p.Err().Error(), "collected")
}

// S-14: a direct call that fails is logged, and the caller goes on; one may wait.
func TestS14_DirectCallThatPanics(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log logLines
		c := start(t, log.option(), caller.WithName("painter"))
		require.NoError(t, c.CallDirect(culprit))
		waited := false
		require.NoError(t, c.CallDirect(func() { waited = loop.Sleep(context.Background(), time.Second) == nil }))
		time.Sleep(time.Minute)
		require.NoError(t, c.Do(t.Context(), func() {}))
		require.True(t, waited)
		line := log.one(t)
		require.Equal(t, "error", line["level"])
		require.Equal(t, "painter", line["loop"])
		require.Contains(t, line["error"], "oh dear")
		require.Contains(t, line["stack"], "culprit")
		require.EqualValues(t, 1, c.Stats().Panics)
	})
}

//go:noinline
func culprit() { panic("oh dear") }

// S-15: a direct call that waits lets those behind it go on; its context is a plain one.
func TestS15_DirectCallSuspends(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		var order trail[string]
		m := pending.NewManager()
		ctx := context.WithValue(m.Context(t.Context()), t, "inherited")
		require.NoError(t, c.CallDirect(func() {
			_ = loop.Sleep(context.Background(), time.Second)
			order.add("direct")
		}))
		require.NoError(t, c.CallSoon(ctx, record(&order, "behind it")).WaitDone(ctx))
		time.Sleep(time.Minute)
		require.Equal(t, []string{"behind it", "direct"}, order.all())
		require.Empty(t, m.Pending())
	})
}

// S-17, T-08: options of a call reach its Pending; trackers travel in the context.
func TestS17_ScheduleCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		m := pending.NewManager()
		ctx := m.Context(t.Context())
		p := caller.ScheduleCall(ctx, c, give(1), caller.Metadata("job", 7), caller.Metadata("user", "ann"), caller.Delay(time.Second))
		require.Equal(t, map[string]any{"job": 7, "user": "ann"}, p.Metadata())
		require.Equal(t, []pending.Handle{p}, m.Pending())
		began := time.Now()
		require.NoError(t, p.WaitDone(t.Context()))
		require.Equal(t, time.Second, time.Since(began))
		require.Empty(t, m.Pending())

		untracked := caller.ScheduleCall(pending.WithTracker(ctx, nil), c, func(ctx context.Context) (int, error) {
			return len(pending.Trackers(ctx)), caller.CallSoon(ctx, c, give(0)).WaitDone(ctx)
		})
		require.Empty(t, m.Pending())
		n, err := untracked.Wait(t.Context())
		require.NoError(t, err)
		require.Zero(t, n)

		tracked := caller.CallSoon(ctx, c, func(ctx context.Context) (int, error) {
			caller.CallLater(ctx, c, time.Hour, give(0))
			return len(m.Pending()), nil
		})
		n, err = tracked.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, n, "the call and what it started")

		protected := caller.ScheduleCall(t.Context(), c, func(ctx context.Context) (int, error) { return 6, loop.Sleep(ctx, time.Minute) }, caller.Protected())
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, protected.WaitDone(short), context.DeadlineExceeded)
		v, err := protected.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 6, v)
	})
}

// The end of the context that a call was started under ends it: queued, suspended or delayed.
func TestContextOfACall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		ctx, cancel := context.WithTimeoutCause(context.WithValue(t.Context(), t, "value"), time.Second, errTest)
		defer cancel()
		suspended := c.CallSoon(ctx, func(ctx context.Context) error {
			require.Equal(t, "value", ctx.Value(t))
			_, ok := ctx.Deadline()
			require.True(t, ok)
			return suspend(ctx)
		})
		selecting := c.CallSoon(ctx, func(ctx context.Context) error {
			_, err := loop.Block(context.Background(), func(context.Context) (int, error) {
				<-ctx.Done()
				return 0, ctx.Err()
			})
			return err
		})
		later := c.CallLater(ctx, time.Hour, nothing)
		for _, p := range []pending.Handle{suspended, selecting, later} {
			require.NoError(t, p.WaitDone(t.Context()))
			require.True(t, p.Cancelled(), p)
		}
		require.ErrorIs(t, later.Err(), errTest)
		ended := c.CallSoon(ctx, func(context.Context) error { panic("not reached") })
		require.NoError(t, ended.WaitDone(t.Context()))
		require.True(t, ended.Cancelled())
	})
}

// A call's context outlives it, so that a call can start another and leave.
func TestContextOutlivesTheCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		inner, err := caller.CallSoon(t.Context(), c, func(ctx context.Context) (*pending.Pending[int], error) {
			return caller.CallLater(ctx, c, time.Hour, give(8)), nil
		}).Wait(t.Context())
		require.NoError(t, err)
		v, err := inner.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 8, v)
	})
}

// What waits suspends, and what does not, does not.
func TestWhatSuspends(t *testing.T) {
	bubble(t, func(t *testing.T) {
		other, stopped := start(t), start(t)
		suspends := map[string]func(context.Context){
			"Wait":     func(ctx context.Context) { _, _ = other.CallSoon(ctx, hold(1)).Wait(ctx) },
			"any ctx":  func(ctx context.Context) { _, _ = other.CallSoon(ctx, hold(1)).Wait(context.Background()) },
			"WaitDone": func(ctx context.Context) { _ = other.CallLater(ctx, 1, nothing).WaitDone(ctx) },
			"Do":       func(ctx context.Context) { _ = other.Do(ctx, func() { time.Sleep(time.Nanosecond) }) },
			"Sleep":    func(ctx context.Context) { _ = loop.Sleep(ctx, 1) },
			"Yield":    func(ctx context.Context) { _ = loop.Yield(ctx) },
			"Receive":  func(ctx context.Context) { _, _, _ = loop.Receive(ctx, time.After(1)) },
			"Block": func(ctx context.Context) {
				_, _ = loop.Block(ctx, func(context.Context) (int, error) { time.Sleep(time.Nanosecond); return 0, nil })
			},
			"Close":    func(context.Context) { c := start(t); c.CallSoon(context.Background(), hold(1)); _ = c.Close() },
			"slow New": func(context.Context) { h := newHost(); h.started = 1; start(t, caller.WithHost(h)) },
			"slow Get": func(ctx context.Context) {
				h := newHost()
				h.started = 1
				_, _ = caller.Current(ctx).Get("x", caller.WithHost(h))
			},
			"own calls": func(ctx context.Context) { _ = caller.Current(ctx).CallSoon(ctx, nothing).WaitDone(ctx) },
		}
		for name, fn := range suspends {
			require.True(t, callertest.AssertSuspends(t, fn), name)
		}
		not := map[string]func(context.Context){
			"CallSoon":        func(ctx context.Context) { other.CallSoon(ctx, nothing) },
			"CallLater":       func(ctx context.Context) { other.CallLater(ctx, time.Hour, nothing) },
			"CallDirect":      func(context.Context) { _ = other.CallDirect(func() {}) },
			"Do at home":      func(ctx context.Context) { _ = caller.Current(ctx).Do(ctx, func() {}) },
			"Cancel":          func(ctx context.Context) { other.CallLater(ctx, time.Hour, nothing).Cancel("") },
			"Stop":            func(context.Context) { stopped.Stop(true) },
			"Hold, Stats, …":  func(context.Context) { _, _ = other.Hold(); _ = other.Stats(); _ = other.String(); other.Protect() },
			"holding":         func(context.Context) { time.Sleep(time.Nanosecond) },
			"Close from home": func(ctx context.Context) { _ = caller.Current(ctx).Close() },
		}
		for name, fn := range not {
			require.True(t, callertest.AssertDoesNotSuspend(t, fn), name)
		}
	})
}
