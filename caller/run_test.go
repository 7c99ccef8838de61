package caller_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

func TestRunIsTheCallingGoroutine(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var c *caller.Caller
		err := caller.Run(t.Context(), func(ctx context.Context, own *caller.Caller) error {
			c = own
			require.Same(t, c, caller.Current(ctx))
			require.True(t, c.Running())
			require.Equal(t, "main", c.Name())
			require.NotNil(t, caller.CurrentPending(ctx))
			if runtime.GOARCH != "wasm" {
				require.Equal(t, c.ThreadID(), osThread())
			}
			require.NoError(t, c.CallSoon(ctx, sleep(time.Second)).WaitDone(ctx))
			_, err := c.Get("child")
			return err
		}, caller.WithName("main"))
		require.NoError(t, err)
		require.Equal(t, caller.Stopped, c.State())
	})
}

// Afterwards the goroutine is as it was before: unpinned, or as often pinned as it was.
func TestRunUnpinsTheGoroutine(t *testing.T) {
	realTime(t)
	for name, body := range map[string]func(context.Context, *caller.Caller) error{
		"nothing": func(context.Context, *caller.Caller) error { return nil },
		"error":   func(context.Context, *caller.Caller) error { return errTest },
		"panic":   func(context.Context, *caller.Caller) error { panic(errTest) },
		"Goexit":  func(context.Context, *caller.Caller) error { runtime.Goexit(); return nil },
		"stop":    func(_ context.Context, c *caller.Caller) error { c.Stop(true); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			requirePinned(t, false)
			_ = caller.Run(t.Context(), func(ctx context.Context, c *caller.Caller) error {
				return body(ctx, c)
			})
			requirePinned(t, false)
			require.Nil(t, caller.Current(context.Background()))
			if runtime.GOARCH == "wasm" {
				return
			}
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			_ = caller.Run(t.Context(), body)
			requirePinned(t, true)
		})
	}
}

func TestRunReturnsTheBodysError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		require.Equal(t, errTest, caller.Run(t.Context(), func(context.Context, *caller.Caller) error { return errTest }))
		err := caller.Run(t.Context(), func(context.Context, *caller.Caller) error {
			panicsDeepInside(2, errTest)
			return nil
		})
		require.ErrorIs(t, err, errTest)
		p, ok := errors.AsType[*pending.PanicError](err)
		require.True(t, ok)
		require.Equal(t, 3, strings.Count(string(p.Stack), "panicsDeepInside("))
		err = caller.Run(t.Context(), func(ctx context.Context, _ *caller.Caller) error { return goexit(ctx) })
		require.ErrorIs(t, err, pending.ErrGoexit)
	})
}

// Run waits for everything that was started under the body's context: delayed, on other callers, on
// goroutines, and by what was started.
func TestRunWaitsForWhatItStarted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		other := start(t)
		var done trail[string]
		began := time.Now()
		require.NoError(t, caller.Run(t.Context(), func(ctx context.Context, c *caller.Caller) error {
			after := func(what string, d time.Duration, then func(context.Context)) func(context.Context) error {
				return func(ctx context.Context) error {
					if err := loop.Sleep(ctx, d); err != nil {
						return err
					}
					done.add(what)
					if then != nil {
						then(ctx)
					}
					return nil
				}
			}
			c.CallSoon(ctx, after("own", time.Second, func(ctx context.Context) {
				c.CallLater(ctx, 2*time.Second, after("by own", 0, func(ctx context.Context) {
					other.CallSoon(ctx, after("by that on other", 2*time.Second, nil))
				}))
			}))
			other.CallSoon(ctx, after("other", 2*time.Second, nil))
			pending.Go(ctx, func(ctx context.Context) (int, error) { return 0, after("goroutine", 4*time.Second, nil)(ctx) })
			get(t, c, "child").CallSoon(ctx, after("child", 500*time.Millisecond, nil))
			// What fails by itself is not Run's concern.
			c.CallSoon(ctx, func(context.Context) error { return errTest })
			return nil
		}))
		require.Equal(t, []string{"child", "own", "other", "by own", "goroutine", "by that on other"}, done.all())
		require.Equal(t, 5*time.Second, time.Since(began))
	})
}

// What the body has failed over is cancelled: on its own caller, on a child, on other callers; and it is
// over when Run returns.
func TestRunCancelsOnFailure(t *testing.T) {
	for where, at := range map[string]func(c, other *caller.Caller) *caller.Caller{
		"own":   func(c, _ *caller.Caller) *caller.Caller { return c },
		"child": func(c, _ *caller.Caller) *caller.Caller { child, _ := c.Get("child"); return child },
		"other": func(_, other *caller.Caller) *caller.Caller { return other },
	} {
		for how, fail := range map[string]func() error{
			"error":  func() error { return errTest },
			"panic":  func() error { panic(errTest) },
			"Goexit": func() error { runtime.Goexit(); return nil },
		} {
			t.Run(where+"/"+how, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					other := start(t)
					var started, later pending.Handle
					began := time.Now()
					err := caller.Run(t.Context(), func(ctx context.Context, c *caller.Caller) error {
						started = at(c, other).CallSoon(ctx, sleep(time.Hour))
						later = at(c, other).CallLater(ctx, time.Hour, nothing)
						if err := loop.Sleep(ctx, time.Second); err != nil {
							return err
						}
						return fail()
					})
					if how == "Goexit" {
						require.ErrorIs(t, err, pending.ErrGoexit)
					} else {
						require.ErrorIs(t, err, errTest)
					}
					require.Equal(t, time.Second, time.Since(began))
					for _, p := range []pending.Handle{started, later} {
						require.True(t, p.IsDone(), p)
						require.True(t, p.Cancelled(), p)
					}
				})
			})
		}
	}
}

// When the context ends, so does everything, and Run says why.
func TestRunEndsWithItsContext(t *testing.T) {
	for name, body := range map[string]func(ctx context.Context) error{
		"a waiting body": suspend,
		"a body that waits for others": func(ctx context.Context) error {
			_, err := caller.Current(ctx).CallSoon(ctx, suspend).Wait(ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				for range 50 { // the stop and the context race
					other := start(t)
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					var elsewhere pending.Handle
					err := caller.Run(ctx, func(ctx context.Context, _ *caller.Caller) error {
						elsewhere = other.CallSoon(ctx, suspend)
						return body(ctx)
					})
					require.ErrorIs(t, err, context.DeadlineExceeded)
					cancel()
					require.NoError(t, elsewhere.WaitDone(t.Context()))
					require.True(t, elsewhere.Cancelled())
					require.NoError(t, other.Close())
				}
			})
		})
	}
}

// A body that has returned well, with calls left over when the context ends.
func TestRunEndsWithItsContextWhileWaiting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		err := caller.Run(ctx, func(ctx context.Context, c *caller.Caller) error {
			c.CallSoon(ctx, suspend)
			return nil
		})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(began))
	})
}

// A context that has ended before: the body does not run, and Run returns when the caller is gone.
func TestRunWithAnEndedContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 200 {
			err := caller.Run(ctx, func(context.Context, *caller.Caller) error { panic("not reached") })
			require.ErrorIs(t, err, context.Canceled)
			require.Empty(t, caller.All(false), "Run has returned")
		}
	})
}

// A host that fails is Run's error, and the body's calls are ended.
func TestRunWithAHost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHost()
		require.NoError(t, caller.Run(t.Context(), func(ctx context.Context, _ *caller.Caller) error {
			return loop.Sleep(ctx, time.Second)
		}, caller.WithHost(h)))
		<-h.closed
		h = newHost()
		h.fail <- errTest
		err := caller.Run(t.Context(), func(context.Context, *caller.Caller) error { panic("not reached") }, caller.WithHost(h))
		require.ErrorIs(t, err, errTest)
		requirePinned(t, false)
	})
}

// Run after Run, and Run on many goroutines.
func TestRunAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for i := range 20 {
			sum := 0
			require.NoError(t, caller.Run(t.Context(), func(ctx context.Context, c *caller.Caller) error {
				v, err := caller.CallSoon(ctx, c, give(i)).Wait(ctx)
				sum += v
				return err
			}))
			require.Equal(t, i, sum)
		}
	})
}
