package caller_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

func started(t testing.TB, c *caller.Caller, fn taskFunc) *caller.StartStopTask[int] {
	t.Helper()
	task := caller.StartStop(c, fn)
	require.NoError(t, task.Start())
	require.NoError(t, task.Started().WaitDone(context.Background()))
	return task
}

// the ways in which a caller is told to stop. A function that listens ends as it likes.
func TestCallerStopsItsTasks_X08(t *testing.T) {
	for name, stop := range map[string]func(c *caller.Caller, end func(), release func()){
		"Stop":      func(c *caller.Caller, _, _ func()) { c.Stop(true) },
		"Close":     func(c *caller.Caller, _, _ func()) { _ = c.Close() },
		"context":   func(_ *caller.Caller, end, _ func()) { end() },
		"last Hold": func(_ *caller.Caller, _, release func()) { release() },
		"parent":    func(c *caller.Caller, _, _ func()) { _ = c.Parent().Close() },
		"a call": func(c *caller.Caller, _, _ func()) {
			c.CallSoon(context.Background(), func(context.Context) error { return c.Close() })
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				ctx, end := context.WithCancel(context.Background())
				defer end()
				c, err := caller.New(ctx, withDefaults([]caller.Option{caller.WithParent(start(t))})...)
				require.NoError(t, err)
				release, err := c.Hold()
				require.NoError(t, err)
				task := started(t, c, obedient(time.Second/2))
				began := time.Now()
				stop(c, end, release)
				require.NoError(t, c.WaitStopped(t.Context()))
				require.Equal(t, time.Second/2, time.Since(began))
				v, err := task.Stopped().Result()
				require.NoError(t, err)
				require.Equal(t, 42, v)
			})
		})
	}
}

// one that ignores it is cancelled, with what becomes of every call when the caller stops.
func TestCallerCancelsDeafTasks_X08(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log logLines
		c := start(t, log.option())
		tasks := []*caller.StartStopTask[int]{started(t, c, deaf), started(t, c, obedient(0)), started(t, c, obedient(time.Hour))}
		call := c.CallSoon(t.Context(), suspend)
		began := time.Now()
		require.NoError(t, c.Close())
		require.Equal(t, time.Second, time.Since(began))
		requireStopped(t, tasks[0].Stopped())
		requireStopped(t, tasks[2].Stopped())
		requireStopped(t, call)
		v, err := tasks[1].Stopped().Result()
		require.NoError(t, err)
		require.Equal(t, 42, v)
		lines := log.lines(t)
		require.Len(t, lines, 2)
		require.Contains(t, lines[0]["task"], "deaf")
		require.Equal(t, "warn", lines[0]["level"])
	})
}

// what a function can do while it ends: wait, call its children, and look; but not hand over new
// calls.
func TestWhatATaskCanDoWhileTheCallerStops_X08(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		child := get(t, c, "child")
		task := started(t, c, func(ctx context.Context, started func(), stop *pending.Pending[pending.None]) (int, error) {
			started()
			if err := stop.WaitDone(ctx); err != nil {
				return 0, err
			}
			assert.Equal(t, caller.Stopping, c.State())
			assert.NoError(t, ctx.Err())
			assert.NoError(t, loop.Yield(ctx))
			assert.ErrorIs(t, c.CallSoon(ctx, nothing).Err(), loop.ErrStopped)
			v, err := caller.CallSoon(ctx, child, give(5)).Wait(ctx)
			if err != nil {
				return 0, err
			}
			w, err := loop.Block(ctx, func(ctx context.Context) (int, error) { return 6, loop.Sleep(ctx, time.Millisecond) })
			return v * w, err
		})
		require.NoError(t, c.Close())
		v, err := task.Stopped().Result()
		require.NoError(t, err)
		require.Equal(t, 30, v)
	})
}

// no time is given where nobody would make use of it.
func TestCallerStopsWithoutDelay_X08(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began := time.Now()
		c := manual(t) // never driven
		task := caller.StartStop(c, deaf)
		require.NoError(t, task.Start())
		require.NoError(t, c.Close())
		requireStopped(t, task.Stopped())
		require.ErrorIs(t, task.Started().Err(), loop.ErrStopped)

		c = start(t)
		over := started(t, c, obedient(0))
		require.NoError(t, over.Stop().WaitDone(t.Context()))
		never := caller.StartStop(c, deaf)
		require.NoError(t, c.Close())
		require.False(t, never.Stopped().IsDone())
		require.ErrorIs(t, never.Start(), loop.ErrStopped)
		requireStopped(t, never.Stopped())
		require.ErrorIs(t, never.Started().Err(), loop.ErrStopped)
		require.Zero(t, time.Since(began))
	})
}

func TestManualCallerStopsItsTasks_X08(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := manual(t)
		task := caller.StartStop(c, obedient(time.Second/2))
		require.NoError(t, task.Start())
		require.NoError(t, c.Poll(t.Context(), 0))
		require.True(t, task.Started().IsDone())
		began := time.Now()
		require.NoError(t, c.Close()) // goes on driving
		require.Equal(t, time.Second/2, time.Since(began))
		require.NoError(t, task.Stopped().Err())
	})
}

func TestRunStopsItsTasks_X08(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var task *caller.StartStopTask[int]
		require.NoError(t, caller.Run(t.Context(), func(ctx context.Context, c *caller.Caller) error {
			task = caller.StartStop(c, obedient(time.Second/2))
			return task.Start()
		}, errorsOnly))
		v, err := task.Stopped().Result()
		require.NoError(t, err)
		require.Equal(t, 42, v)
	})
}

// A host that fails takes everything with it at once.
func TestHostFailsUnderATask_X08(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHost()
		c := start(t, caller.WithHost(h), quiet)
		task, began := started(t, c, obedient(time.Second/2)), time.Now()
		h.fail <- errTest
		require.ErrorIs(t, c.WaitStopped(t.Context()), errTest)
		require.Zero(t, time.Since(began))
		requireStopped(t, task.Stopped())
	})
}

// A callback of somebody's that calls Goexit keeps nobody from being asked, nor the caller from stopping.
func TestGoexitInAStopCallback_X08(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, quiet)
		rude := func(ctx context.Context, started func(), stop *pending.Pending[pending.None]) (int, error) {
			stop.AddDoneCallback(func(pending.Handle) { runtime.Goexit() })
			return obedient(0)(ctx, started, stop)
		}
		tasks := []*caller.StartStopTask[int]{started(t, c, rude), started(t, c, rude), started(t, c, rude)}
		go c.Stop(true)
		require.NoError(t, c.WaitStopped(t.Context()))
		for _, task := range tasks {
			require.NoError(t, task.Stopped().Err())
		}
	})
}

// Many tasks on one caller all get their time together.
func TestThousandsOfTasks_X08(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		tasks := make([]*caller.StartStopTask[int], 2000)
		for i := range tasks {
			tasks[i] = caller.StartStop(c, obedient(time.Second/2))
			require.NoError(t, tasks[i].Start())
		}
		synctest.Wait()
		began := time.Now()
		require.NoError(t, c.Close())
		require.Equal(t, time.Second/2, time.Since(began))
		for _, task := range tasks {
			require.NoError(t, task.Stopped().Err())
		}
	})
}
