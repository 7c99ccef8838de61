package group_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/registry"
)

var (
	errTest  = errors.New("test error")
	errOther = errors.New("other error")
)

type (
	intFn  = func(context.Context) (int, error)
	intP   = *pending.Pending[int]
	handle = pending.Handle
)

// everywhere runs f in a bubble with virtual time: in a goroutine that belongs to no caller, and in a call. c
// is a caller for the use of f, in the call the one that f runs on.
func everywhere(t *testing.T, f func(t *testing.T, ctx context.Context, c *caller.Caller)) {
	t.Helper()
	t.Run("on a goroutine", func(t *testing.T) {
		bubble(t, func(t *testing.T, c *caller.Caller) { f(t, t.Context(), c) })
	})
	t.Run("in a call", func(t *testing.T) {
		bubble(t, func(t *testing.T, c *caller.Caller) {
			onCaller(t, c, func(ctx context.Context) { f(t, ctx, c) })
		})
	})
}

// bubble runs f with virtual time and a caller, and checks that nothing is left of it.
func bubble(t *testing.T, f func(t *testing.T, c *caller.Caller)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, err := caller.New(context.Background(), caller.WithLogger(zerolog.New(os.Stderr).Level(zerolog.ErrorLevel)))
		require.NoError(t, err)
		defer func() {
			synctest.Wait()
			if c.Running() {
				s := c.Stats()
				require.Zero(t, s.QueueDepth+s.Suspended+s.Timers, "calls are left over: %+v", s)
			}
			require.NoError(t, c.Close())
		}()
		f(t, c)
	})
	require.Empty(t, registry.All(false), "callers are left over")
}

// onCaller runs f in a call on c; a failed requirement in it fails the test.
func onCaller(t *testing.T, c *caller.Caller, f func(ctx context.Context)) {
	t.Helper()
	p := c.CallSoon(t.Context(), func(ctx context.Context) error {
		f(ctx)
		return nil
	})
	_, err := p.Wait(context.Background())
	if !t.Failed() { // require ends the call with Goexit
		require.NoError(t, err)
	}
}

// sleeper is a call that sleeps for d and then returns v.
func sleeper(d time.Duration, v int) intFn {
	return func(ctx context.Context) (int, error) { return v, loop.Sleep(ctx, d) }
}

// failer is a call that sleeps for d and then fails.
func failer(d time.Duration, err error) intFn {
	return func(ctx context.Context) (int, error) {
		if serr := loop.Sleep(ctx, d); serr != nil {
			return 0, serr
		}
		return 0, err
	}
}

// deaf is a call that sleeps for d whatever becomes of its context.
func deaf(d time.Duration) intFn {
	return func(ctx context.Context) (int, error) {
		return 0, loop.Sleep(context.WithoutCancel(ctx), d)
	}
}
