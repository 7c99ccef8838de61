package group_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/pending"
)

// No call outlives its group, nor does one of a Collect that has been cancelled and is still running.
func TestCollect_DoesNotOutliveItsGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var over atomic.Bool
		err := group.Run(context.Background(), func(ctx context.Context, g *group.PendingGroup) error {
			_, err := group.Collect(ctx, slices.Values([]func(context.Context) (int, error){
				func(context.Context) (int, error) {
					time.Sleep(time.Millisecond)
					return 0, errTest
				},
				func(context.Context) (int, error) {
					time.Sleep(time.Second)
					over.Store(true)
					return 0, nil
				},
			}))
			return err
		})
		require.ErrorIs(t, err, errTest)
		was := over.Load()
		time.Sleep(time.Minute)
		require.True(t, was, "a call of Collect outlives the group")
	})
}

// P-19, A-08: a call on a goroutine that waits for itself is told so, as one on a thread is.
func TestA08_AGuestThatWaitsForItself(t *testing.T) {
	bubble(t, func(t *testing.T, c *caller.Caller) {
		for name, wait := range map[string]func(context.Context, pending.Handle) error{
			"WaitDone": func(ctx context.Context, p pending.Handle) error { return p.WaitDone(ctx, pending.Protect()) },
			"group.Wait": func(ctx context.Context, p pending.Handle) error {
				_, _, err := group.Wait(ctx, []pending.Handle{p}, group.AllCompleted)
				return err
			},
			"group.Run": func(ctx context.Context, p pending.Handle) error {
				return group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error { g.Add(p); return nil }, group.WithCancelTimeout(0))
			},
		} {
			p := caller.CallUsingBackend(t.Context(), c, caller.Goroutine, func(ctx context.Context) (int, error) {
				return 0, wait(ctx, pending.Current(ctx))
			})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			err := p.WaitDone(ctx)
			if err != nil {
				t.Errorf("%s hangs", name)
			} else if !errors.Is(p.Err(), pending.ErrDeadlock) {
				t.Errorf("%s: %v", name, p.Err())
			}
			cancel()
		}
	})
}
