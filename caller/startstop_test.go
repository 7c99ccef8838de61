package caller_test

import (
	"context"
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

type taskFunc = func(ctx context.Context, started func(), stop *pending.Pending[pending.None]) (int, error)

// obedient is ready at once, stops when asked and needs d for it.
func obedient(d time.Duration) taskFunc {
	return func(ctx context.Context, started func(), stop *pending.Pending[pending.None]) (int, error) {
		started()
		if err := stop.WaitDone(ctx); err != nil {
			return 0, err
		}
		if d > 0 {
			if err := loop.Sleep(ctx, d); err != nil {
				return 0, err
			}
		}
		return 42, nil
	}
}

// deaf never looks whether it should stop.
func deaf(ctx context.Context, started func(), _ *pending.Pending[pending.None]) (int, error) {
	started()
	return 0, suspend(ctx)
}

// outcome waits for p.
func outcome[T any](t testing.TB, p *pending.Pending[T]) (T, error) {
	t.Helper()
	require.NoError(t, p.WaitDone(context.Background()))
	return p.Result()
}

func TestStartStopMisuse_X01(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, tt := range []struct {
			task *caller.StartStopTask[int]
			want error
		}{
			{caller.StartStop[int](start(t), nil), loop.ErrNilFunc},
			{caller.StartStop(nil, deaf), caller.ErrNoCaller},
		} {
			for range 2 {
				require.ErrorIs(t, tt.task.Start(), tt.want)
				require.ErrorIs(t, tt.task.Started().Err(), tt.want)
				require.ErrorIs(t, tt.task.Stopped().Err(), tt.want)
				require.ErrorIs(t, tt.task.Stop().Err(), tt.want)
			}
			require.ErrorIs(t, tt.task.Run(t.Context(), nothing), tt.want)
		}
		require.ErrorIs(t, caller.StartStop(start(t), deaf).Run(t.Context(), nil), loop.ErrNilFunc)
	})
}

func TestStartStop_X02_X03(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		var task *caller.StartStopTask[int]
		calls := 0
		task = caller.StartStop(c, func(ctx context.Context, started func(), stop *pending.Pending[pending.None]) (int, error) {
			calls++
			assert.Same(t, c, caller.Current(ctx))
			assert.Equal(t, pending.Handle(task.Stopped()), caller.CurrentPending(ctx))
			if err := loop.Sleep(ctx, time.Second); err != nil {
				return 0, err
			}
			started()
			started()
			return obedient(time.Minute)(ctx, started, stop)
		})
		synctest.Wait()
		require.Zero(t, calls, "not before Start")
		require.NoError(t, task.Start())
		require.NoError(t, task.Start())
		began := time.Now()
		_, err := outcome(t, task.Started())
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(began))
		require.False(t, task.Stopped().IsDone())
		require.Same(t, task.Stopped(), task.Stop())
		require.Same(t, task.Stopped(), task.Stop())
		v, err := outcome(t, task.Stopped())
		require.NoError(t, err)
		require.Equal(t, 42, v)
		require.Equal(t, time.Minute+time.Second, time.Since(began), "it took its time")
		require.NoError(t, task.Start())
		synctest.Wait()
		require.Equal(t, 1, calls, "and not again")
	})
}

func TestStopBeforeStart_X04(t *testing.T) {
	bubble(t, func(t *testing.T) {
		task := caller.StartStop(start(t), func(context.Context, func(), *pending.Pending[pending.None]) (int, error) {
			panic("not reached")
		})
		for range 2 {
			for _, p := range []pending.Handle{task.Stop(), task.Started()} {
				require.True(t, p.IsDone() && p.Cancelled(), p)
				require.ErrorIs(t, p.Err(), pending.ErrCancelled)
				require.ErrorContains(t, p.Err(), "before it was started")
			}
			require.ErrorIs(t, task.Start(), pending.ErrCancelled)
		}
		require.ErrorIs(t, task.Run(t.Context(), nothing), pending.ErrCancelled)
	})
}

func TestStartAfterCancel_X04(t *testing.T) {
	bubble(t, func(t *testing.T) {
		task := caller.StartStop(start(t), func(context.Context, func(), *pending.Pending[pending.None]) (int, error) {
			panic("not reached")
		})
		require.True(t, task.Stopped().Cancel("enough"))
		require.ErrorIs(t, task.Start(), pending.ErrCancelled)
		require.ErrorContains(t, task.Started().Err(), "enough")
	})
}

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

func TestStartStopIsCancelled_X07(t *testing.T) {
	bubble(t, func(t *testing.T) {
		task := caller.StartStop(start(t), func(ctx context.Context, _ func(), _ *pending.Pending[pending.None]) (int, error) {
			return 0, suspend(ctx)
		})
		require.NoError(t, task.Start())
		synctest.Wait()
		require.True(t, task.Stopped().Cancel("enough"))
		for _, p := range []pending.Handle{task.Stopped(), task.Started()} {
			require.NoError(t, p.WaitDone(t.Context()))
			require.ErrorIs(t, p.Err(), pending.ErrCancelled)
			require.ErrorContains(t, p.Err(), "enough")
		}
	})
}

// Who is told of stop is not left waiting by a function that ends by itself.
func TestStopPendingEndsWithTheFunction_X07(t *testing.T) {
	bubble(t, func(t *testing.T) {
		told := make(chan error, 1)
		task := caller.StartStop(start(t), func(_ context.Context, _ func(), stop *pending.Pending[pending.None]) (int, error) {
			go func() { told <- stop.WaitDone(context.Background()) }()
			return 0, errTest
		})
		require.NoError(t, task.Start())
		require.NoError(t, <-told)
	})
}

// X-09: waits that are given up leave the task alone, and so do cancellations of Started.
func TestWaitersDoNotStopTheTask_X09(t *testing.T) {
	bubble(t, func(t *testing.T) {
		task := caller.StartStop(start(t), obedient(0))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, task.Started().WaitDone(ended), context.Canceled)
		require.ErrorIs(t, task.Stopped().WaitDone(ended), context.Canceled)
		require.NoError(t, task.Start())
		require.ErrorIs(t, task.Stopped().WaitDone(ended), context.Canceled)
		synctest.Wait()
		require.False(t, task.Stopped().Cancelled())
		v, err := outcome(t, task.Stop())
		require.NoError(t, err)
		require.Equal(t, 42, v)
	})
}

// X-09: nothing is kept of a task that is over, nor of one that never began.
func TestTaskIsFreed_X09(t *testing.T) {
	realTime(t)
	c := start(t)
	for name, run := range map[string]func(*caller.StartStopTask[int]){
		"never begun": func(*caller.StartStopTask[int]) {},
		"stopped early": func(task *caller.StartStopTask[int]) {
			task.Stop()
		},
		"over": func(task *caller.StartStopTask[int]) {
			require.NoError(t, task.Run(context.Background(), nothing))
		},
	} {
		var freed atomic.Int32
		func() {
			bound := new([1 << 16]byte)
			task := caller.StartStop(c, func(ctx context.Context, started func(), stop *pending.Pending[pending.None]) (int, error) {
				bound[0]++
				return obedient(0)(ctx, started, stop)
			})
			runtime.AddCleanup(bound, func(int) { freed.Inc() }, 0)
			runtime.AddCleanup(task, func(int) { freed.Inc() }, 0)
			run(task)
		}()
		require.NoError(t, c.Do(context.Background(), func() {})) // the loop forgets the call
		require.Eventually(t, func() bool { runtime.GC(); return freed.Load() == 2 }, 10*time.Second, time.Millisecond, name)
	}
}

// Start and Stop from everywhere at once: the function runs once or not at all, and everybody is told the
// same.
func TestStartStopRace(t *testing.T) {
	realTime(t)
	c := start(t)
	for range 300 {
		var calls, refused atomic.Int32
		task := caller.StartStop(c, func(ctx context.Context, started func(), stop *pending.Pending[pending.None]) (int, error) {
			calls.Inc()
			return obedient(0)(ctx, started, stop)
		})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if task.Start() != nil {
					refused.Inc()
				}
			})
			wg.Go(func() { task.Stop() })
		}
		wg.Wait()
		v, err := outcome(t, task.Stopped())
		if err == nil {
			require.Equal(t, 42, v)
			require.EqualValues(t, 1, calls.Load())
			require.Zero(t, refused.Load())
		} else {
			require.ErrorIs(t, err, pending.ErrCancelled)
			require.Zero(t, calls.Load())
			require.EqualValues(t, 4, refused.Load())
		}
	}
}

// A task runs between its start and its stop, and has a result.
func ExampleStartStop() {
	ctx := context.Background()
	c, _ := caller.New(ctx)
	defer func() { _ = c.Close() }()
	server := caller.StartStop(c, func(ctx context.Context, started func(), stop *pending.Pending[pending.None]) (string, error) {
		started() // from here on there is something to use
		if err := stop.WaitDone(ctx); err != nil {
			return "", err
		}
		return "closed in good order", nil
	})
	err := server.Run(ctx, func(context.Context) error {
		fmt.Println("up:", server.Started().IsDone())
		return nil
	})
	fmt.Println(err)
	fmt.Println(server.Stopped().Result())
	// Output:
	// up: true
	// <nil>
	// closed in good order <nil>
}
