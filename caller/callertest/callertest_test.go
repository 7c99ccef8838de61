package callertest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/caller/callertest"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/registry"
)

// fakeT is a test that may fail. Its Cleanup functions run when end is called.
type fakeT struct {
	testing.TB
	failures []string
	cleanups []func()
}

func (t *fakeT) Helper()          {}
func (t *fakeT) Name() string     { return "fake" }
func (t *fakeT) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }
func (t *fakeT) Errorf(format string, args ...any) {
	t.failures = append(t.failures, fmt.Sprintf(format, args...))
}

func (t *fakeT) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

func (t *fakeT) end() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}

// inTest runs f as a test and returns how it failed.
func inTest(f func(t *fakeT)) []string {
	ft, done := new(fakeT), make(chan struct{})
	go func() {
		defer close(done)
		defer ft.end()
		f(ft)
	}()
	<-done
	return ft.failures
}

func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
	require.Empty(t, registry.All(false))
}

func TestNewIsClosedWithTheTest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var c *caller.Caller
		require.Empty(t, inTest(func(ft *fakeT) {
			c = callertest.New(ft)
			require.True(t, c.Running())
			require.Equal(t, "fake", c.Name())
			v, err := caller.CallSoon(t.Context(), c, func(context.Context) (int, error) { return 7, nil }).Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, 7, v)
			_, err = c.Get("child")
			require.NoError(t, err)
			require.NoError(t, c.CallDirect(func() {})) // its turn comes
		}))
		require.Equal(t, caller.Stopped, c.State())
	})
}

func TestNewTakesOptions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		require.Equal(t, "another name", callertest.New(t, caller.WithName("another name")).Name())
	})
}

func TestNewEndsTheTestWithoutACaller(t *testing.T) {
	failures := inTest(func(ft *fakeT) {
		callertest.New(ft, caller.WithMailboxLimit(-1))
		panic("not reached")
	})
	require.Len(t, failures, 1)
	require.Contains(t, failures[0], caller.ErrInvalid.Error())
}

func TestNewReportsWhatIsPending(t *testing.T) {
	hour := func(ctx context.Context) error { return loop.Sleep(ctx, time.Hour) }
	tests := map[string]struct {
		leave func(ctx context.Context, c *caller.Caller)
		want  string
	}{
		"a suspended call": {func(ctx context.Context, c *caller.Caller) {
			c.CallSoon(ctx, func(ctx context.Context) error {
				_, err := pending.New[int](ctx).Wait(ctx)
				return err
			})
		}, "0 queued, 1 suspended, 0 timers"},
		"a sleeping call": {func(ctx context.Context, c *caller.Caller) { c.CallSoon(ctx, hour) },
			"0 queued, 1 suspended, 1 timers"},
		"a delayed call": {func(ctx context.Context, c *caller.Caller) { c.CallLater(ctx, time.Hour, hour) },
			"0 queued, 0 suspended, 1 timers"},
		"a child's call": {func(ctx context.Context, c *caller.Caller) {
			child, err := c.Get("child")
			if err == nil {
				child.CallLater(ctx, time.Hour, hour)
			}
		}, `"child"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				failures := inTest(func(ft *fakeT) { tt.leave(context.Background(), callertest.New(ft)) })
				require.Len(t, failures, 1)
				require.Contains(t, failures[0], "still pending")
				require.Contains(t, failures[0], tt.want)
			})
		})
	}
}

func TestNewLeavesAStoppedCallerAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		require.Empty(t, inTest(func(ft *fakeT) {
			c := callertest.New(ft)
			c.CallLater(context.Background(), time.Hour, func(context.Context) error { return nil })
			require.NoError(t, c.Close())
		}))
	})
}

type brokenHost struct{ woken chan struct{} }

func (h brokenHost) Wait(timeout time.Duration) error {
	if timeout != 0 {
		<-h.woken
	}
	return nil
}

func (h brokenHost) Wake() {
	select {
	case h.woken <- struct{}{}:
	default:
	}
}

func (h brokenHost) Close() error { return errors.New("display lost") }

func TestNewReportsAFailingHost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		failures := inTest(func(ft *fakeT) {
			callertest.New(ft, caller.WithHost(brokenHost{make(chan struct{}, 1)}))
		})
		require.Len(t, failures, 1)
		require.Contains(t, failures[0], "display lost")
	})
}

func TestAssertSuspends(t *testing.T) {
	done := pending.New[int](t.Context())
	done.SetResult(1)
	other := func(ft *fakeT) *caller.Caller { return callertest.New(ft, caller.WithName("other")) }
	tests := map[string]struct {
		suspends bool
		fn       func(t *fakeT) func(ctx context.Context)
	}{
		"nothing":          {false, func(*fakeT) func(context.Context) { return func(context.Context) {} }},
		"computing":        {false, func(*fakeT) func(context.Context) { return func(context.Context) { _ = fmt.Sprint(1) } }},
		"blocking":         {false, func(*fakeT) func(context.Context) { return func(context.Context) { time.Sleep(time.Millisecond) } }},
		"a result there":   {false, func(*fakeT) func(context.Context) { return func(ctx context.Context) { _, _ = done.Wait(ctx) } }},
		"an ended context": {false, func(*fakeT) func(context.Context) { return sleepEnded }},
		"Do inline":        {false, func(*fakeT) func(context.Context) { return doInline }},
		"starting a call":  {false, func(*fakeT) func(context.Context) { return startCall }},
		"Sleep": {true, func(*fakeT) func(context.Context) {
			return func(ctx context.Context) { _ = loop.Sleep(ctx, time.Hour) }
		}},
		"Sleep without time": {true, func(*fakeT) func(context.Context) { return func(ctx context.Context) { _ = loop.Sleep(ctx, 0) } }},
		"Yield":              {true, func(*fakeT) func(context.Context) { return func(ctx context.Context) { _ = loop.Yield(ctx) } }},
		"a wait for itself":  {true, func(*fakeT) func(context.Context) { return waitForOwnCall }},
		"Do elsewhere": {true, func(ft *fakeT) func(context.Context) {
			c := other(ft)
			return func(ctx context.Context) { _ = c.Do(ctx, func() { time.Sleep(time.Millisecond) }) }
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var does, doesNot bool
				yes := inTest(func(ft *fakeT) { does = callertest.AssertSuspends(ft, tt.fn(ft)) })
				no := inTest(func(ft *fakeT) { doesNot = callertest.AssertDoesNotSuspend(ft, tt.fn(ft)) })
				require.Equal(t, tt.suspends, does)
				require.Equal(t, !tt.suspends, doesNot)
				require.Equal(t, tt.suspends, len(yes) == 0, yes)
				require.Equal(t, !tt.suspends, len(no) == 0, no)
			})
		})
	}
}

func sleepEnded(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	_ = loop.Sleep(ctx, time.Hour)
}

func doInline(ctx context.Context) { _ = caller.Current(ctx).Do(ctx, func() {}) }

func startCall(ctx context.Context) {
	caller.Current(ctx).CallSoon(ctx, func(context.Context) error { return nil })
}

func waitForOwnCall(ctx context.Context) {
	_, _ = caller.Current(ctx).CallSoon(ctx, func(context.Context) error { return nil }).Wait(ctx)
}

func TestAssertSuspendsEndsTheTestWhenTheFunctionDoes(t *testing.T) {
	for name, fn := range map[string]func(context.Context){
		"panic":  func(context.Context) { panic("oh dear") },
		"Goexit": func(context.Context) { runtime.Goexit() },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				for _, assert := range []func(testing.TB, func(context.Context)) bool{callertest.AssertSuspends, callertest.AssertDoesNotSuspend} {
					failures := inTest(func(ft *fakeT) {
						assert(ft, fn)
						panic("not reached")
					})
					require.Len(t, failures, 1)
					require.Contains(t, failures[0], "did not return")
				}
			})
		})
	}
}
