package caller_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

func TestStartStopRun_X05(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		for name, run := range map[string]func(task *caller.StartStopTask[int], body func(context.Context) error) error{
			"goroutine": func(task *caller.StartStopTask[int], body func(context.Context) error) error {
				return task.Run(t.Context(), body)
			},
			"own caller": func(task *caller.StartStopTask[int], body func(context.Context) error) error {
				_, err := c.CallSoon(t.Context(), func(ctx context.Context) error { return task.Run(ctx, body) }).Wait(t.Context())
				return err
			},
		} {
			task := caller.StartStop(c, obedient(time.Second))
			err := run(task, func(context.Context) error {
				assert.True(t, task.Started().IsDone())
				assert.False(t, task.Stopped().IsDone())
				return errTest
			})
			require.ErrorIs(t, err, errTest, name)
			v, err := task.Stopped().Result()
			require.NoError(t, err)
			require.Equal(t, 42, v)
			require.ErrorIs(t, run(task, nothing), loop.ErrInUse, name)
		}
	})
}

// The ways in which a body and a task end, and what Run makes of it.
func TestStartStopRunErrors_X05_X07(t *testing.T) {
	other := fmt.Errorf("another error")
	late := func(err error) taskFunc {
		return func(ctx context.Context, started func(), stop *pending.Pending[pending.None]) (int, error) {
			started()
			_ = stop.WaitDone(ctx)
			return 0, err
		}
	}
	early := func(err error) taskFunc {
		return func(context.Context, func(), *pending.Pending[pending.None]) (int, error) { return 0, err }
	}
	tests := map[string]struct {
		task   taskFunc
		body   error
		want   error
		called bool
	}{
		"both well":               {obedient(0), nil, nil, true},
		"body fails":              {obedient(0), errTest, errTest, true},
		"the task fails":          {late(other), nil, other, true},
		"both fail":               {late(other), errTest, errTest, true},
		"the task cannot start":   {early(other), nil, other, false},
		"the task is never ready": {early(nil), nil, pending.ErrCancelled, false},
		"the task panics":         {func(context.Context, func(), *pending.Pending[pending.None]) (int, error) { panic(other) }, nil, other, false},
		"the task calls Goexit": {func(ctx context.Context, _ func(), _ *pending.Pending[pending.None]) (int, error) {
			return 0, goexit(ctx)
		}, nil, pending.ErrGoexit, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				task, called := caller.StartStop(start(t), tt.task), false
				err := task.Run(t.Context(), func(context.Context) error { called = true; return tt.body })
				require.ErrorIs(t, err, tt.want)
				require.Equal(t, tt.called, called)
				require.True(t, task.Stopped().IsDone() && task.Started().IsDone())
			})
		})
	}
}

func TestStartStopRunBodyDoesNotReturn_X05(t *testing.T) {
	for name, body := range map[string]func(context.Context) error{
		"panic": func(context.Context) error { panic("oh dear") }, "Goexit": goexit,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				task, over := caller.StartStop(start(t), obedient(time.Second)), make(chan bool)
				go func() {
					defer func() { over <- task.Stopped().IsDone() }()
					defer func() { _ = recover() }()
					_ = task.Run(context.Background(), body)
				}()
				require.True(t, <-over, "Run leaves when the task has stopped")
				_, err := task.Stopped().Result()
				require.NoError(t, err)
			})
		})
	}
}

// When ctx ends, a task that stops in time is left to it, and another is cancelled.
func TestStartStopRunContextEnds_X05(t *testing.T) {
	for name, tt := range map[string]struct {
		task      taskFunc
		took      time.Duration
		cancelled bool
	}{
		"obedient": {obedient(time.Second / 2), 1500 * time.Millisecond, false},
		"slow":     {obedient(time.Hour), 2 * time.Second, true},
		"deaf":     {deaf, 2 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				task, began := caller.StartStop(start(t), tt.task), time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				err := task.Run(ctx, func(ctx context.Context) error { return suspend(ctx) })
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, tt.took, time.Since(began))
				require.Equal(t, tt.cancelled, task.Stopped().Cancelled())
				require.True(t, task.Stopped().IsDone())
			})
		})
	}
}

func TestStartStopRunAfterItsTime_X05(t *testing.T) {
	bubble(t, func(t *testing.T) {
		task := caller.StartStop(start(t), obedient(0))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, task.Run(ended, nothing), context.Canceled)
		require.NoError(t, task.Run(t.Context(), nothing), "it had not been started")
	})
}

func TestStartStopRunOwnLoopStops_X05(t *testing.T) {
	bubble(t, func(t *testing.T) {
		task := caller.StartStop(start(t), obedient(time.Hour))
		c := start(t)
		var got error
		p := c.CallSoon(t.Context(), func(ctx context.Context) error {
			got = task.Run(ctx, suspend)
			return got
		})
		synctest.Wait()
		require.NoError(t, c.Close())
		require.ErrorIs(t, got, loop.ErrStopped)
		requireStopped(t, p)
		_, err := outcome(t, task.Stopped())
		require.NoError(t, err, "it was asked, and had the time")
	})
}
