package pending_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// The context of a Pending made by Open is that of a running call, and it ends as that does.
func TestOpen(t *testing.T) {
	type key struct{}
	for name, test := range map[string]struct {
		end       func(p *pending.Pending[int], l *loop.Loop, cancel func())
		cancelled bool
		cause     error
	}{
		"cancelled":            {func(p *pending.Pending[int], _ *loop.Loop, _ func()) { p.Cancel("") }, true, context.Canceled},
		"the context above":    {func(_ *pending.Pending[int], _ *loop.Loop, cancel func()) { cancel() }, false, context.Canceled},
		"the loop":             {func(_ *pending.Pending[int], l *loop.Loop, _ func()) { l.Stop() }, false, loop.ErrStopped},
		"cancelled with cause": {func(p *pending.Pending[int], _ *loop.Loop, _ func()) { p.CancelCause("", errOpen) }, true, context.Canceled},
	} {
		bubble(t, name, func(t *testing.T) {
			l := running(t)
			m := pending.NewManager()
			parent, cancel := context.WithCancel(context.WithValue(m.Context(never), key{}, "value"))
			defer cancel()
			p, ctx := pending.Open[int](parent, l, test.end, nil)
			require.Equal(t, []pending.Handle{p}, m.Pending())
			require.Same(t, p, pending.Current(ctx))
			require.Same(t, l, loop.Current(ctx))
			require.Equal(t, "value", ctx.Value(key{}))
			require.Equal(t, ctx, p.Context())
			require.NoError(t, ctx.Err())
			require.Zero(t, l.Stats().Suspended)
			require.Contains(t, p.String(), "TestOpen")
			done := ctx.Done()
			test.end(p, l, cancel)
			synctest.Wait()
			requireOpen(t, p)
			require.Equal(t, test.cancelled, p.Cancelled())
			require.ErrorIs(t, ctx.Err(), context.Canceled)
			require.ErrorIs(t, context.Cause(ctx), test.cause)
			<-done
			require.Equal(t, !test.cancelled, p.SetResult(1))
			require.Empty(t, m.Pending())
			if test.cancelled {
				requireCancelled(t, p)
			} else {
				requireResult(t, p, 1)
			}
		})
	}
}

var errOpen = errors.New("open test")

// Cancel tells the worker, each time, after the context has ended; the outcome has the first cause.
func TestOpen_Canceller(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		var told []string
		var ctx context.Context
		p, ctx := pending.Open[int](never, running(t), nil, func(msg string) {
			require.Error(t, ctx.Err())
			told = append(told, msg)
		})
		p.SetCanceller(func(string) { t.Error("it has a canceller") })
		require.True(t, p.CancelCause("one", errOpen))
		require.True(t, p.CancelCause("two", errors.New("another")))
		require.True(t, p.Cancel("three"))
		require.Equal(t, []string{"one", "two", "three"}, told)
		requireOpen(t, p)
		p.SetError(errors.New("late"))
		requireCancelled(t, p)
		require.ErrorIs(t, p.Err(), errOpen)
		require.ErrorContains(t, p.Err(), "one; two; three")
		require.False(t, p.Cancel("late"))
	})
}

// A tracker may cancel it before there is anything to ask.
func TestOpen_CancelledByATracker(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		p, ctx := pending.Open[int](pending.WithTracker(never, cancelling{}), running(t), nil, nil)
		requireCancelled(t, p)
		require.False(t, p.SetResult(1))
		_ = ctx.Err()
	})
}

type cancelling struct{}

func (cancelling) Track(p pending.Handle) { p.Cancel("by the tracker") }

// Once it is done the loop's stop is of no concern to the context any more.
func TestOpen_DoneBeforeTheStop(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		l := loop.New()
		p, ctx := pending.Open[int](never, l, nil, nil)
		_ = ctx.Done()
		p.SetResult(1)
		l.Stop()
		synctest.Wait()
		require.NoError(t, ctx.Err())
	})
}
