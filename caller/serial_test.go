package caller_test

import (
	"context"
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
	"github.com/pinion-go/pinion/queue"
)

// queued calls QueueCall, which has to accept.
func queued[A any](t testing.TB, c *caller.Caller, f *queue.Func[A], args ...A) {
	t.Helper()
	for _, arg := range args {
		require.NoError(t, caller.QueueCall(context.Background(), c, f, arg))
	}
}

// queueOf is QueueGet of a queue that has to be there.
func queueOf[A any](t testing.TB, c *caller.Caller, f *queue.Func[A]) *pending.Pending[pending.None] {
	t.Helper()
	p, ok := caller.QueueGet(c, f)
	require.True(t, ok)
	return p
}

// requireNoQueue fails if f has a queue on c.
func requireNoQueue[A any](t testing.TB, c *caller.Caller, f *queue.Func[A]) {
	t.Helper()
	p, ok := caller.QueueGet(c, f)
	require.False(t, ok)
	require.Nil(t, p)
}

// calls of one Func start in their order and do not overlap, whether they wait or not, and have one
// Pending together. Calls of others run meanwhile.
func TestQ01_InOrderOneAtATime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		var order trail[int]
		var running, most, others atomic.Int32
		f := queue.NewFunc(func(ctx context.Context, i int) error {
			most.Store(max(most.Load(), running.Inc()))
			defer running.Dec()
			order.add(i)
			switch i % 4 {
			case 1:
				return loop.Sleep(ctx, time.Second)
			case 2:
				return loop.Yield(ctx)
			case 3:
				_, err := c.CallSoon(ctx, sleep(time.Second)).Wait(ctx)
				return err
			}
			return nil
		})
		queued(t, c, f, 0)
		p := queueOf(t, c, f)
		for i := range 1000 {
			queued(t, c, f, i+1)
			require.NoError(t, c.CallDirect(func() { others.Inc() }))
		}
		synctest.Wait()
		require.EqualValues(t, 1000, others.Load())
		require.Less(t, len(order.all()), 5)
		time.Sleep(time.Hour)
		require.Equal(t, numbers(1001), order.all())
		require.EqualValues(t, 1, most.Load())
		require.Same(t, p, queueOf(t, c, f))
		require.False(t, p.IsDone())
		require.Zero(t, c.Stats().Suspended, "an idle queue costs no suspended call")
	})
}

// S-04: CallDirect, QueueCall and CallSoon by turns start in exactly that order; two Funcs, one of which is made
// of the same function.
func TestS04_QueueCallAmongOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		var order trail[int]
		fn := func(_ context.Context, i int) error {
			order.add(i)
			return nil
		}
		f, g := queue.NewFunc(fn), queue.NewFunc(fn)
		const n = 4000
		for i := range n {
			switch i % 4 {
			case 0:
				require.NoError(t, c.CallDirect(func() { order.add(i) }))
			case 1:
				queued(t, c, f, i)
			case 2:
				c.CallSoon(t.Context(), record(&order, i))
			case 3:
				queued(t, c, g, i)
			}
		}
		require.NoError(t, c.Do(t.Context(), func() {}))
		require.Equal(t, numbers(n), order.all())
		require.NotSame(t, queueOf(t, c, f), queueOf(t, c, g))
	})
}

// Q-06, Y-03: calls queued by many goroutines run on the owner's thread, one at a time, and each goroutine's in
// its order. The state that f touches has no lock.
func TestQ06_FromManyGoroutines(t *testing.T) {
	realTime(t)
	const producers, n = 8, 2000
	c, other := start(t), start(t)
	var next [producers]int
	ran, wrong := 0, 0
	type arg struct{ producer, i int }
	f := queue.NewFunc(func(ctx context.Context, a arg) error {
		ran++
		if next[a.producer] != a.i || !c.Loop().OnThread() {
			wrong++
		}
		next[a.producer]++
		if a.i%100 == a.producer {
			return loop.Yield(ctx)
		}
		return nil
	})
	var wg sync.WaitGroup
	for producer := range producers {
		produce := func(context.Context) error {
			for i := range n {
				if err := caller.QueueCall(context.Background(), c, f, arg{producer, i}); err != nil {
					return err
				}
			}
			return nil
		}
		wg.Go(func() {
			err := error(nil)
			if producer%2 == 0 {
				err = produce(t.Context())
			} else {
				_, err = other.CallSoon(t.Context(), produce).Wait(t.Context())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	last := pending.New[int](t.Context())
	queued(t, c, queue.NewFunc(func(ctx context.Context, _ int) error {
		for ran < producers*n {
			if err := loop.Yield(ctx); err != nil {
				return err
			}
		}
		last.SetResult(wrong)
		return nil
	}), 0)
	v, err := last.Wait(t.Context())
	require.NoError(t, err)
	require.Zero(t, v)
	require.NoError(t, c.Close())
	require.NoError(t, other.Close())
}

// S-05, Q-09: inside, Current is the owner and CurrentPending the queue's; the context has the first call's
// values, and neither its end nor its trackers.
func TestQ09_ContextOfTheFirstCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		type key struct{}
		m := pending.NewManager()
		var seen trail[any]
		f := queue.NewFunc(func(ctx context.Context, i int) error {
			seen.add(ctx.Value(key{}))
			require.Same(t, c, caller.Current(ctx))
			require.Same(t, queueOf(t, c, queueFuncOf(ctx)), caller.CurrentPending(ctx))
			require.Empty(t, pending.Trackers(ctx))
			require.NoError(t, ctx.Err())
			_, hasDeadline := ctx.Deadline()
			require.False(t, hasDeadline)
			_, err := c.CallSoon(ctx, nothing).Wait(ctx)
			return err
		})
		first, cancel := context.WithTimeout(context.WithValue(m.Context(t.Context()), key{}, "first"), time.Hour)
		first = context.WithValue(first, funcKey{}, f)
		require.NoError(t, caller.QueueCall(first, c, f, 1))
		cancel()
		require.NoError(t, caller.QueueCall(context.WithValue(t.Context(), key{}, "second"), c, f, 2))
		require.NoError(t, caller.QueueCall(first, c, f, 3), "an ended context is no obstacle")
		var none context.Context
		require.NoError(t, caller.QueueCall(none, c, f, 4))
		synctest.Wait()
		require.Equal(t, []any{"first", "first", "first", "first"}, seen.all())
		require.Empty(t, m.Pending(), "the queue is nobody's member")
	})
}

type funcKey struct{}

func queueFuncOf(ctx context.Context) *queue.Func[int] {
	return ctx.Value(funcKey{}).(*queue.Func[int])
}

// caller.Run does not wait for a queue, nor for a call in progress in it.
func TestQ09_RunDoesNotWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ended := false
		f := queue.NewFunc(func(ctx context.Context, _ int) error {
			defer func() { ended = true }()
			return suspend(ctx)
		})
		require.NoError(t, caller.Run(t.Context(), func(ctx context.Context, c *caller.Caller) error {
			if err := caller.QueueCall(ctx, c, f, 1); err != nil {
				return err
			}
			return loop.Yield(ctx)
		}, errorsOnly))
		require.True(t, ended)
	})
}

// an error, a panic or Goexit of a call, waiting or not, is logged with the function and the argument,
// once, and the next call runs.
func TestQ04_FailuresAreLogged(t *testing.T) {
	for name, fail := range map[string]func(context.Context) error{
		"error":        func(context.Context) error { return errTest },
		"cancellation": func(context.Context) error { return context.Canceled },
		"panic":        func(context.Context) error { panic(errTest) },
		"Goexit":       goexit,
	} {
		for waiting, before := range map[string]func(context.Context) error{"at once": nothing, "after a wait": sleep(time.Second)} {
			t.Run(name+" "+waiting, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					var logs logLines
					c := start(t, logs.option())
					var order trail[int]
					f := queue.NewFunc(func(ctx context.Context, i int) error {
						order.add(i)
						if i != 2 {
							return nil
						}
						if err := before(ctx); err != nil {
							return err
						}
						return fail(ctx)
					})
					queued(t, c, f, 1, 2, 3, 4)
					time.Sleep(time.Minute)
					queued(t, c, f, 5)
					synctest.Wait()
					require.Equal(t, []int{1, 2, 3, 4, 5}, order.all())
					line := logs.one(t)
					require.Equal(t, "a queued call failed", line["message"])
					require.Equal(t, "2", line["argument"])
					require.Contains(t, line["func"], "TestQ04")
					require.Equal(t, name == "panic", line["stack"] != nil)
					require.False(t, queueOf(t, c, f).Cancelled())
				})
			})
		}
	}
}

// the queue of a Func that nobody has any more closes by itself; while calls are queued or in progress they
// keep it.
func TestQ07_ClosesWhenCollected(t *testing.T) {
	realTime(t)
	c := start(t)
	gate := make(chan struct{})
	ran := atomic.NewInt32(0)
	p := func() *pending.Pending[pending.None] {
		type object struct{ f *queue.Func[int] }
		o := &object{}
		o.f = queue.NewFunc(func(ctx context.Context, _ int) error { // refers to the object, as a bound method does
			_, _, err := loop.Receive(ctx, gate)
			runtime.KeepAlive(o)
			ran.Inc()
			return err
		})
		queued(t, c, o.f, 1, 2)
		return queueOf(t, c, o.f)
	}()
	collect := func() {
		for range 5 {
			runtime.GC()
			time.Sleep(time.Millisecond)
		}
	}
	collect()
	require.False(t, p.Cancelled(), "a call is in progress")
	gate <- struct{}{}
	collect()
	require.False(t, p.Cancelled(), "a call is in progress that was queued")
	gate <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for !p.IsDone() && ctx.Err() == nil {
		collect()
	}
	require.ErrorIs(t, p.Err(), pending.ErrCancelled)
	require.EqualValues(t, 2, ran.Load())
	require.NoError(t, c.Close())
}

// in a bubble the collector does not reach in.
func TestQ07_InABubble(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		p := func() *pending.Pending[pending.None] {
			f := queue.NewFunc(func(ctx context.Context, _ int) error { return loop.Sleep(ctx, 1) })
			queued(t, c, f, 1)
			return queueOf(t, c, f)
		}()
		_ = p.Done()
		time.Sleep(time.Second)
		runtime.GC()
		runtime.GC()
		require.False(t, p.IsDone())
		require.NoError(t, c.Close())
		requireStopped(t, p)
	})
}

// Misuse gives errors; what is not there is not found.
func TestQ08_UnknownAndMisuse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		f := queue.NewFunc(func(context.Context, int) error { return nil })
		ctx := t.Context()
		require.ErrorIs(t, caller.QueueCall(ctx, nil, f, 1), caller.ErrNoCaller)
		for _, none := range []*queue.Func[int]{nil, new(queue.Func[int]), queue.NewFunc[int](nil)} {
			require.ErrorIs(t, caller.QueueCall(ctx, c, none, 1), loop.ErrNilFunc)
			requireNoQueue(t, c, none)
			caller.QueueClose(c, none)
			require.Equal(t, "nil", none.Name())
		}
		requireNoQueue(t, c, f)
		requireNoQueue(t, nil, f)
		caller.QueueClose(c, f)
		caller.QueueClose(nil, f)
		queued(t, c, f, 1)
		other := start(t)
		requireNoQueue(t, other, f)
		require.Contains(t, queueOf(t, c, f).String(), "TestQ08")
	})
}

// A call that waits for its own queue would wait for ever; one of another queue may.
func TestQueueCallWaitsForItself(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		var got trail[error]
		wait := func(_ context.Context, p *pending.Pending[pending.None]) error {
			got.add(p.WaitDone(context.Background()))
			return nil
		}
		f, g := queue.NewFunc(wait), queue.NewFunc(wait)
		queued(t, c, f, c.Started())
		p := queueOf(t, c, f)
		queued(t, c, g, p)
		queued(t, c, f, p)
		synctest.Wait()
		caller.QueueClose(c, f)
		synctest.Wait()
		list := got.all()
		require.Len(t, list, 3)
		require.NoError(t, list[0])
		require.ErrorIs(t, list[1], pending.ErrDeadlock)
		require.NoError(t, list[2])
	})
}

// QueueCall allocates nothing once things are going.
func TestQueueCallAllocations(t *testing.T) {
	if raceEnabled || runtime.GOARCH == "wasm" {
		t.Skip("the race detector allocates, and so does looking for one's goroutine on wasm")
	}
	realTime(t)
	c, ctx := start(t), context.Background()
	f := queue.NewFunc(func(context.Context, [4]int) error { return nil })
	none := func() {}
	fn := func() {
		for range 100 {
			_ = caller.QueueCall(ctx, c, f, [4]int{})
		}
		_ = c.Do(ctx, none)
	}
	for range 100 {
		fn()
	}
	require.Less(t, testing.AllocsPerRun(200, fn), 1.0)
	require.NoError(t, c.Close())
}

// the order holds where the arguments fill several arrays, also when more come while they are gone through.
func TestQueueCallOrderOfVeryMany_Q01(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		const arrays, each = 5, 64 // at most so many of a kilobyte
		next := 0
		f := queue.NewFunc(func(ctx context.Context, arg [1024]uint16) error {
			require.EqualValues(t, next, arg[0])
			next++
			if arg[0] == 0 {
				return loop.Sleep(ctx, time.Second)
			}
			return nil
		})
		for i := range 2 * arrays * each {
			queued(t, c, f, [1024]uint16{uint16(i)})
			if i == arrays*each {
				time.Sleep(time.Second) // the first half is gone through from here on
			}
		}
		synctest.Wait()
		require.NoError(t, c.Do(t.Context(), func() { require.Equal(t, 2*arrays*each, next) }))
	})
}
