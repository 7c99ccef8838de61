package pending_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

type contextKey struct{}

// starters are the two ways to start a call. They share all that is said of a call's context.
var starters = map[string]func(context.Context, *loop.Loop, func(context.Context) (int, error)) *pending.Pending[int]{
	"Submit": func(ctx context.Context, l *loop.Loop, fn func(context.Context) (int, error)) *pending.Pending[int] {
		return pending.Submit(ctx, l, 0, fn)
	},
	"Go": func(ctx context.Context, _ *loop.Loop, fn func(context.Context) (int, error)) *pending.Pending[int] {
		return pending.Go(ctx, fn)
	},
}

func TestContextHasTheValuesAndDeadlineOfItsParent(t *testing.T) {
	for name, start := range starters {
		bubble(t, name, func(t *testing.T) {
			l := running(t)
			ctx, cancel := context.WithTimeout(context.WithValue(never, contextKey{}, "value"), hour)
			defer cancel()
			want, _ := ctx.Deadline()
			var child *pending.Pending[int]
			look := func(ctx context.Context) {
				deadline, ok := ctx.Deadline()
				check(t, ctx.Value(contextKey{}) == "value", "the value")
				check(t, ok && deadline.Equal(want), "the deadline")
			}
			p := start(ctx, l, func(ctx context.Context) (int, error) {
				look(ctx)
				child = start(ctx, l, func(ctx context.Context) (int, error) { look(ctx); return 2, nil })
				return 1, nil
			})
			synctest.Wait()
			requireResult(t, p, 1)
			requireResult(t, child, 2)
			look(p.Context())
		})
	}
}

func TestContextWithoutDeadline(t *testing.T) {
	l := manual(t)
	p := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
		_, ok := ctx.Deadline()
		require.False(t, ok)
		return 1, nil
	})
	drive(l)
	requireResult(t, p, 1)
}

func TestContextKnowsItsCall(t *testing.T) {
	require.Nil(t, pending.Current(never))
	for name, start := range starters {
		bubble(t, name, func(t *testing.T) {
			l := running(t)
			var inCall, inChild, inDerived pending.Handle
			var child *pending.Pending[int]
			p := start(never, l, func(ctx context.Context) (int, error) {
				inCall = pending.Current(ctx)
				inDerived = pending.Current(context.WithValue(ctx, contextKey{}, 1))
				child = start(ctx, l, func(ctx context.Context) (int, error) {
					inChild = pending.Current(ctx)
					return 2, nil
				})
				return 1, nil
			})
			synctest.Wait()
			require.Same(t, p, inCall)
			require.Same(t, p, inDerived)
			require.Same(t, child, inChild)
			require.Same(t, p, pending.Current(p.Context()))
		})
	}
}

// A call on a goroutine belongs to the loop of the call that has started it, whether it was given that
// call's very context or one made from it.
func TestContextKnowsItsLoop(t *testing.T) {
	wraps := map[string]func(context.Context) context.Context{
		"the context itself":   func(ctx context.Context) context.Context { return ctx },
		"one made from it":     func(ctx context.Context) context.Context { return context.WithValue(ctx, contextKey{}, 1) },
		"one without its ends": context.WithoutCancel,
	}
	for wrap, wrapped := range wraps {
		for name, start := range starters {
			bubble(t, name+"/"+wrap, func(t *testing.T) {
				l := running(t)
				var found, foundInChild *loop.Loop
				pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
					found = loop.Current(ctx)
					start(wrapped(ctx), l, func(ctx context.Context) (int, error) {
						foundInChild = loop.Current(ctx)
						return 2, nil
					})
					return 1, nil
				})
				synctest.Wait()
				require.Same(t, l, found)
				require.Same(t, l, foundInChild)
			})
		}
	}
}
