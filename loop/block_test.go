package loop_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

// A Block that is given up does not wait for its function, whose late result and panic are dropped.
func TestBlockAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		for _, end := range []func() (int, error){
			func() (int, error) { return 1, nil },
			func() (int, error) { panic("late") },
			func() (int, error) { runtime.Goexit(); return 0, nil },
		} {
			require.NoError(t, l.Do(background, func() {
				ctx, cancel := context.WithTimeout(background, time.Second)
				defer cancel()
				start := time.Now()
				_, err := loop.Block(ctx, func(context.Context) (int, error) {
					time.Sleep(time.Hour) // deaf
					return end()
				})
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, time.Second, time.Since(start))
			}))
		}
		time.Sleep(2 * time.Hour)
		require.NoError(t, l.Do(background, func() { assert.NoError(t, loop.Sleep(background, time.Second)) }))
	})
}

func TestBlockGoexit(t *testing.T) {
	l := running(t)
	require.NoError(t, l.Do(background, func() {
		_, err := loop.Block(background, func(context.Context) (int, error) { runtime.Goexit(); return 0, nil })
		assert.ErrorIs(t, err, loop.ErrGoexit)
	}))
}

// The function's context has the values of the call's and ends when Block returns.
func TestBlockContext(t *testing.T) {
	type key struct{}
	l := running(t)
	var inner context.Context
	require.NoError(t, l.Do(background, func() {
		_, err := loop.Block(context.WithValue(background, key{}, 7), func(ctx context.Context) (int, error) {
			inner = ctx
			assert.Equal(t, 7, ctx.Value(key{}))
			return 0, ctx.Err()
		})
		assert.NoError(t, err)
	}))
	assert.ErrorIs(t, inner.Err(), context.Canceled)
}

// Where the wait would fail at once, the function is not called.
func TestBlockStartsNothingInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := func(ctx context.Context) error {
			_, err := loop.Block(ctx, func(context.Context) (int, error) {
				t.Error("called")
				return 0, nil
			})
			return err
		}
		ended, cancel := context.WithCancel(background)
		cancel()
		assert.ErrorIs(t, runs(ended), context.Canceled, "on a goroutine")
		l := running(t)
		require.NoError(t, l.Do(background, func() { assert.ErrorIs(t, runs(ended), context.Canceled, "in a call") }))
		require.NoError(t, l.Post(func() {
			defer func() { assert.ErrorIs(t, runs(ended), loop.ErrStopped, "in a call that the stop ends") }()
			assert.ErrorIs(t, loop.Sleep(background, time.Hour), loop.ErrStopped)
		}))
		synctest.Wait()
		l.Stop()
		<-l.Done()
	})
}

// On a goroutine the function is waited for, whatever becomes of the context.
func TestBlockOnAGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(background, time.Second)
		defer cancel()
		start := time.Now()
		v, err := loop.Block(ctx, func(inner context.Context) (int, error) {
			time.Sleep(time.Hour)
			assert.ErrorIs(t, inner.Err(), context.DeadlineExceeded)
			return 1, nil
		})
		assert.NoError(t, err)
		assert.Equal(t, 1, v)
		assert.Equal(t, time.Hour, time.Since(start))
	})
}
