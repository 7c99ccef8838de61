package caller_test

import (
	"context"
	"errors"
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

// beside runs fn as a guest of c.
func beside(ctx context.Context, c *caller.Caller, fn func(context.Context) error) *pending.Pending[pending.None] {
	return caller.CallUsingBackend(ctx, c, caller.Goroutine, func(ctx context.Context) (pending.None, error) {
		return pending.None{}, fn(ctx)
	})
}

func TestCallUsingBackend(t *testing.T) {
	t.Run("H-01 the caller's own", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := start(t)
			v, err := caller.CallUsingBackend(t.Context(), c, caller.Thread, func(ctx context.Context) (int, error) {
				assert.True(t, c.Loop().OnThread())
				return 1, loop.Sleep(ctx, time.Second)
			}).Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, 1, v)
		})
	})
	t.Run("H-02 a goroutine that belongs to the caller", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := start(t)
			var own pending.Handle
			p := caller.CallUsingBackend(t.Context(), c, caller.Goroutine, func(ctx context.Context) (string, error) {
				assert.Same(t, c, caller.Current(ctx))
				own = caller.CurrentPending(ctx)
				assert.False(t, c.Loop().OnThread())
				time.Sleep(time.Hour) // holds nobody up
				return call(t, c, func(context.Context) string { return "from the thread" }), nil
			})
			synctest.Wait()
			require.NoError(t, c.Do(t.Context(), func() {}))
			v, err := p.Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, "from the thread", v)
			require.Equal(t, pending.Handle(p), own)
			require.Empty(t, c.Children())
		})
	})
	t.Run("outcomes and misuse", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := start(t)
			end := func(fn func(context.Context) error) error {
				p := beside(t.Context(), c, fn)
				require.NoError(t, p.WaitDone(t.Context()))
				return p.Err()
			}
			require.NoError(t, end(nothing))
			require.Same(t, errTest, end(func(context.Context) error { return errTest }))
			require.ErrorIs(t, end(goexit), pending.ErrGoexit)
			err := end(func(context.Context) error { panic(errTest) })
			require.ErrorIs(t, err, errTest)
			_, panicked := errors.AsType[*pending.PanicError](err)
			require.True(t, panicked)
			require.ErrorIs(t, caller.CallUsingBackend[int](t.Context(), c, caller.Goroutine, nil).Err(), loop.ErrNilFunc)
			require.ErrorIs(t, caller.CallUsingBackend(t.Context(), nil, caller.Goroutine, give(1)).Err(), caller.ErrNoCaller)
		})
	})
	t.Run("H-08 another backend", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := start(t)
			for _, b := range []caller.Backend{-1, 2, 99} {
				p := caller.CallUsingBackend(t.Context(), c, b, give(1))
				require.ErrorIs(t, p.Err(), caller.ErrInvalid)
				require.Contains(t, p.Err().Error(), fmt.Sprintf("Backend(%d)", b))
				require.ErrorIs(t, caller.ScheduleCall(t.Context(), c, give(1), caller.On(b)).Err(), caller.ErrInvalid)
				_, err := caller.New(t.Context(), caller.WithBackend(b))
				require.ErrorIs(t, err, caller.ErrInvalid)
			}
		})
	})
	// H-03: nothing has to be entered first.
	t.Run("before the caller has started", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := manual(t)
			require.NoError(t, beside(t.Context(), c, nothing).WaitDone(t.Context()))
			p := beside(t.Context(), c, suspend)
			q := beside(t.Context(), c, suspend)
			c.Stop(true) // nobody has driven it
			require.NoError(t, c.WaitStopped(t.Context()))
			requireStopped(t, p)
			requireStopped(t, q)
		})
	})
}

// H-07: cancelling reaches a guest wherever it waits.
func TestCancelGuest_H07(t *testing.T) {
	for name, wait := range map[string]func(context.Context) error{
		"a channel":   func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"a Pending":   suspend,
		"a sleep":     sleep(time.Hour),
		"a call on c": func(ctx context.Context) error { return second(caller.Current(ctx).CallSoon(ctx, suspend).Wait(ctx)) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := start(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				for _, end := range []func(pending.Handle){
					func(p pending.Handle) { p.Cancel("enough") },
					func(pending.Handle) { cancel() },
				} {
					p := beside(ctx, c, wait)
					synctest.Wait()
					began := time.Now()
					end(p)
					require.NoError(t, p.WaitDone(t.Context()))
					require.Zero(t, time.Since(began))
					require.True(t, p.Cancelled())
				}
			})
		})
	}
}

// C-05, C-09, C-10: a caller's backend is what its calls use unless told otherwise. Children inherit it.
func TestWithBackend(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, caller.WithBackend(caller.Goroutine))
		onThread := func(ctx context.Context) (bool, error) { return caller.Current(ctx).Loop().OnThread(), nil }
		for name, row := range map[string]struct {
			p    *pending.Pending[bool]
			want bool
		}{
			"CallSoon":     {caller.CallSoon(t.Context(), c, onThread), false},
			"CallLater":    {caller.CallLater(t.Context(), c, time.Second, onThread), false},
			"ScheduleCall": {caller.ScheduleCall(t.Context(), c, onThread), false},
			"told":         {caller.CallUsingBackend(t.Context(), c, caller.Thread, onThread), true},
			"worker":       {caller.ToThread(t.Context(), c, onThread), true},
			"child":        {caller.CallSoon(t.Context(), get(t, c, "child"), onThread), false},
			"own":          {caller.CallSoon(t.Context(), get(t, c, "own", caller.WithBackend(caller.Thread)), onThread), true},
		} {
			v, err := row.p.Wait(t.Context())
			require.NoError(t, err, name)
			require.Equal(t, row.want, v, name)
		}
		k, err := caller.ToThread(t.Context(), c, whoRuns).Wait(t.Context())
		require.NoError(t, err)
		v, err := caller.CallSoon(t.Context(), k, onThread).Wait(t.Context())
		require.NoError(t, err)
		require.False(t, v, "W-01: workers have their caller's backend")

		require.NotNil(t, get(t, c, "child", caller.WithBackend(caller.Goroutine)))
		_, err = c.Get("child", caller.WithBackend(caller.Thread))
		require.ErrorIs(t, err, caller.ErrMismatch)
		for _, word := range []string{`"child"`, "Thread", "Goroutine"} {
			require.Contains(t, err.Error(), word)
		}
		require.NoError(t, c.Do(t.Context(), func() { assert.True(t, c.Loop().OnThread()) }))
	})
}
