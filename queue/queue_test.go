package queue_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/queue"
)

// outcome is what a Put or Get on another goroutine has come to.
type outcome struct {
	v   int
	err error
}

// getting starts a Get and returns once it waits, or has ended.
func getting(ctx context.Context, q *queue.Queue[int]) <-chan outcome {
	got := make(chan outcome, 1)
	go func() {
		v, err := q.Get(ctx)
		got <- outcome{v, err}
	}()
	synctest.Wait()
	return got
}

// putting is getting for Put.
func putting(ctx context.Context, q *queue.Queue[int], v int) <-chan outcome {
	got := make(chan outcome, 1)
	go func() { got <- outcome{v, q.Put(ctx, v)} }()
	synctest.Wait()
	return got
}

// left takes what can be taken now.
func left(q *queue.Queue[int]) (all []int) {
	for {
		v, err := q.TryGet()
		if err != nil {
			return all
		}
		all = append(all, v)
	}
}

func requireWaits(t *testing.T, ch <-chan outcome) {
	t.Helper()
	synctest.Wait()
	require.Empty(t, ch)
}

// AQ-01: first in, first out; Get waits for a value, or until its time is up, and TryGet does not wait.
func TestQueue_AQ01_Order(t *testing.T) {
	for name, q := range map[string]*queue.Queue[int]{"zero": {}, "unlimited": queue.NewQueue[int](0),
		"limited": queue.NewQueue[int](100), "negative is unlimited": queue.NewQueue[int](-1)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, err := q.TryGet()
				require.ErrorIs(t, err, queue.ErrEmpty)
				for round := range 5 {
					for i := range 20 * (round + 1) {
						require.NoError(t, q.Put(t.Context(), i))
					}
					require.Equal(t, 20*(round+1), q.Len())
					for i := range 20 * (round + 1) {
						v, err := q.Get(t.Context())
						require.NoError(t, err)
						require.Equal(t, i, v)
					}
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				_, err = q.Get(ctx)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, time.Second, time.Since(start))
				got := getting(t.Context(), q)
				requireWaits(t, got)
				require.NoError(t, q.TryPut(7))
				require.Equal(t, outcome{v: 7}, <-got)
				require.NoError(t, q.Put(ctx, 8), "a Put that need not wait is not concerned with its context")
				v, err := q.Get(ctx)
				require.NoError(t, err)
				require.Equal(t, 8, v)
			})
		})
	}
}

// A full queue has Put wait; those who wait are served in their order, on either side.
func TestQueue_LimitAndTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue.NewQueue[int](2)
		require.Equal(t, 2, q.Limit())
		require.NoError(t, q.TryPut(0))
		require.NoError(t, q.TryPut(1))
		require.ErrorIs(t, q.TryPut(9), queue.ErrFull)
		var puts []<-chan outcome
		for i := range 3 {
			puts = append(puts, putting(t.Context(), q, 2+i))
		}
		for i := range 3 {
			requireWaits(t, puts[i])
			v, err := q.TryGet()
			require.NoError(t, err)
			require.Equal(t, i, v)
			require.Equal(t, outcome{v: 2 + i}, <-puts[i])
			require.Equal(t, 2, q.Len())
			require.ErrorIs(t, q.TryPut(9), queue.ErrFull, "the place is given to who has waited for it")
		}
		require.Equal(t, []int{3, 4}, left(q))
		var gets []<-chan outcome
		for range 3 {
			gets = append(gets, getting(t.Context(), q))
		}
		for i, got := range gets {
			requireWaits(t, got)
			require.NoError(t, q.TryPut(i))
			require.Equal(t, outcome{v: i}, <-got)
		}
		require.Zero(t, q.Len())
	})
}

// One who leaves hands the turn on.
func TestQueue_CancelledWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue.NewQueue[int](1)
		ctx, cancel := context.WithCancel(t.Context())
		first, second := getting(ctx, q), getting(t.Context(), q)
		cancel()
		require.ErrorIs(t, (<-first).err, context.Canceled)
		require.NoError(t, q.TryPut(1))
		require.Equal(t, outcome{v: 1}, <-second)

		require.NoError(t, q.TryPut(1))
		ctx, cancel = context.WithCancel(t.Context())
		first, second = putting(ctx, q, 2), putting(t.Context(), q, 3)
		cancel()
		require.ErrorIs(t, (<-first).err, context.Canceled)
		require.Equal(t, []int{1, 3}, left(q))
		require.Equal(t, outcome{v: 3}, <-second)
	})
}

// A value that arrives as the context ends is got, or stays.
func TestQueue_ValueAtTheEndOfTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 500 {
			q := queue.NewQueue[int](1)
			ctx, cancel := context.WithCancel(t.Context())
			got := getting(ctx, q)
			go cancel()
			go func() { _ = q.TryPut(5) }()
			o := <-got
			synctest.Wait()
			rest := left(q)
			require.Equal(t, o.err != nil, slices.Equal(rest, []int{5}), "%v %v", o, rest)
			require.Equal(t, o.err == nil, o.v == 5)

			require.NoError(t, q.TryPut(1))
			ctx, cancel = context.WithCancel(t.Context())
			done := putting(ctx, q, 2)
			go cancel()
			go func() { _, _ = q.TryGet() }()
			o = <-done
			synctest.Wait()
			require.Equal(t, o.err == nil, slices.Equal(left(q), []int{2}))
		}
	})
}

// CH-05: of a closed queue what is left can be taken, then it is at its end; Put fails, closing again is fine.
func TestQueue_CH05_Close(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue.NewQueue[int](2)
		require.NoError(t, q.TryPut(1))
		require.NoError(t, q.TryPut(2))
		waiting := putting(t.Context(), q, 3)
		requireWaits(t, waiting)
		require.False(t, q.Closed())
		q.Close()
		q.Close()
		require.True(t, q.Closed())
		require.False(t, q.Writable())
		for _, err := range []error{(<-waiting).err, q.Put(t.Context(), 4), q.TryPut(4)} {
			require.ErrorIs(t, err, queue.ErrClosed)
			require.ErrorIs(t, err, queue.ErrReadOnly)
		}
		q.SetWritable(true)
		require.ErrorIs(t, q.TryPut(4), queue.ErrClosed)
		require.Equal(t, 2, q.Len())
		var all []int
		for v, err := range q.All(t.Context()) {
			require.NoError(t, err)
			all = append(all, v)
		}
		require.Equal(t, []int{1, 2}, all)
		for range 3 {
			_, err := q.Get(t.Context())
			require.ErrorIs(t, err, io.EOF)
			_, err = q.TryGet()
			require.ErrorIs(t, err, io.EOF)
		}
	})
}

// CH-05: whoever waits for a value is told of the end.
func TestQueue_CloseWakesAll(t *testing.T) {
	for name, end := range map[string]func(q *queue.Queue[int]){
		"close": (*queue.Queue[int]).Close, "read-only": func(q *queue.Queue[int]) { q.SetWritable(false) }} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := queue.NewQueue[int](0)
				var gets []<-chan outcome
				for range 100 {
					gets = append(gets, getting(t.Context(), q))
				}
				end(q)
				for _, got := range gets {
					require.Equal(t, outcome{err: io.EOF}, <-got)
				}
			})
		})
	}
}

// A read-only queue is one that can become writable again.
func TestQueue_SetWritable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue.NewQueue[int](1)
		require.True(t, q.Writable())
		require.NoError(t, q.TryPut(1))
		waiting := putting(t.Context(), q, 2)
		q.SetWritable(false)
		require.False(t, q.Writable())
		err := (<-waiting).err
		require.ErrorIs(t, err, queue.ErrReadOnly)
		require.NotErrorIs(t, err, queue.ErrClosed)
		require.ErrorIs(t, q.TryPut(3), queue.ErrReadOnly)
		v, err := q.Get(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, v)
		_, err = q.Get(t.Context())
		require.ErrorIs(t, err, io.EOF)
		q.SetWritable(true)
		got := getting(t.Context(), q)
		requireWaits(t, got)
		require.NoError(t, q.Put(t.Context(), 4))
		require.Equal(t, outcome{v: 4}, <-got)
	})
}

// The iterator ends with an error, or when its user leaves.
func TestQueue_All(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue.NewQueue[int](0)
		for i := range 5 {
			require.NoError(t, q.TryPut(i))
		}
		for v, err := range q.All(t.Context()) {
			require.NoError(t, err)
			if v == 2 {
				break
			}
		}
		require.Equal(t, 2, q.Len())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var errs []error
		for _, err := range q.All(ctx) {
			errs = append(errs, err)
		}
		require.Equal(t, []error{nil, nil, context.DeadlineExceeded}, errs)
	})
}

// A flood leaves no large slice behind, and order survives growth in every position.
func TestQueue_GrowsAndShrinks(t *testing.T) {
	q := queue.NewQueue[int](0)
	next := 0
	for i := range 20_000 {
		require.NoError(t, q.TryPut(i))
		if i%3 == 0 {
			v, err := q.TryGet()
			require.NoError(t, err)
			require.Equal(t, next, v)
			next++
		}
	}
	for v, err := q.TryGet(); err == nil; v, err = q.TryGet() {
		require.Equal(t, next, v)
		next++
	}
	require.Equal(t, 20_000, next)
	require.NoError(t, q.TryPut(1))
	require.Equal(t, []int{1}, left(q))
}

// A Func is itself only.
func TestFunc(t *testing.T) {
	fn := func(context.Context, int) error { return errors.New("ran") }
	f, g := queue.NewFunc(fn), queue.NewFunc(fn)
	require.NotEqual(t, f.ID(), g.ID())
	require.ErrorContains(t, f.Function()(t.Context(), 1), "ran")
	require.Contains(t, f.Name(), "TestFunc")
	require.Nil(t, queue.NewFunc[int](nil).Function())
	require.Nil(t, (*queue.Func[int])(nil).Function())
	require.Equal(t, "nil", new(queue.Func[int]).Name())
}
