package group_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/pending"
)

// G-10, P-10: a callback that calls Goexit as its member is cancelled keeps the cancellation from nobody.
func TestRun_CancelIsCarriedThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var other *pending.Pending[int]
		err := group.Run(t.Context(), func(ctx context.Context, _ *group.PendingGroup) error {
			pending.New[int](ctx).AddDoneCallback(func(pending.Handle) { runtime.Goexit() })
			other = pending.New[int](ctx)
			<-ctx.Done()
			return ctx.Err()
		}, group.WithTimeout(time.Second))
		require.NoError(t, err)
		require.True(t, other.Cancelled())
	})
}

// G-04: a deadline that has ended the body is told once, as it is.
func TestRun_OuterDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := group.Run(ctx, func(ctx context.Context, _ *group.PendingGroup) error {
			<-ctx.Done()
			return ctx.Err()
		})
		require.Equal(t, context.DeadlineExceeded, err)
	})
}

func TestNilMembers(t *testing.T) {
	require.NoError(t, group.Run(t.Context(), func(_ context.Context, g *group.PendingGroup) error {
		g.Add(nil)
		g.Remove(nil)
		require.Empty(t, g.Pending())
		return nil
	}))
	m := pending.NewManager()
	m.Add(nil)
	require.NoError(t, m.Wait(t.Context()))
}
