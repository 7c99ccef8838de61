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

// X-01: a task that has not been started is waited for like any other, also when its caller has stopped.
func TestStartStopNeverStarted_X01(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		task, late := caller.StartStop(c, obedient(0)), caller.StartStop(c, obedient(0))
		waits := func() {
			for _, p := range []pending.Handle{task.Started(), task.Stopped(), late.Started(), late.Stopped()} {
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				require.ErrorIs(t, p.WaitDone(ctx), context.DeadlineExceeded)
				require.ErrorIs(t, p.Err(), pending.ErrNotDone)
				require.False(t, p.Cancelled())
				cancel()
			}
		}
		waits()
		require.NoError(t, c.Close())
		waits()
		require.ErrorIs(t, task.Start(), loop.ErrStopped)
		require.ErrorIs(t, late.Stop().Err(), pending.ErrCancelled)
		for _, p := range []pending.Handle{task.Started(), task.Stopped(), late.Started(), late.Stopped()} {
			require.NoError(t, p.WaitDone(t.Context()))
			require.Error(t, p.Err())
		}
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

// TestStartStopStorm starts tasks on callers that are being stopped. Each has to end, in one of the ways
// that are promised.
func TestStartStopStorm_X08(t *testing.T) {
	realTime(t)
	for round := range 60 {
		c := start(t, quiet)
		var ended, begun atomic.Int32
		done := make(chan struct{})
		var tasks []*caller.StartStopTask[int]
		go func() {
			defer close(done)
			for i := range 40 {
				task := caller.StartStop(c, func(ctx context.Context, started func(), stop *pending.Pending[pending.None]) (int, error) {
					begun.Inc()
					defer ended.Inc()
					return obedient(0)(ctx, started, stop)
				})
				tasks = append(tasks, task)
				_ = task.Start()
				if i%3 == 0 {
					task.Stop()
				}
			}
		}()
		for range round {
			runtime.Gosched()
		}
		require.NoError(t, c.Close())
		<-done
		require.Equal(t, begun.Load(), ended.Load())
		for _, task := range tasks {
			v, err := outcome(t, task.Stopped())
			if err != nil {
				require.ErrorIs(t, err, pending.ErrCancelled)
			} else {
				require.Equal(t, 42, v)
			}
			_, _ = outcome(t, task.Started())
		}
	}
}
