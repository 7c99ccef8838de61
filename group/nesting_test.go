package group_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/pending"
)

func TestRun_G14_NestedGroupsShareMembers(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		var p intP
		err := group.Run(ctx, func(ctx context.Context, outer *group.PendingGroup) error {
			return group.Run(ctx, func(ctx context.Context, inner *group.PendingGroup) error {
				require.Equal(t, inner, group.Current(ctx))
				p = caller.CallSoon(ctx, c, sleeper(time.Hour, 1))
				require.Equal(t, []handle{p}, outer.Pending())
				require.Equal(t, []handle{p}, inner.Pending())
				time.AfterFunc(time.Second, func() { outer.Cancel("outer") })
				return nil
			})
		}, group.WithMode(group.CancelAndReport))
		require.ErrorIs(t, err, pending.ErrCancelled)
		require.True(t, p.Cancelled())
	})
}

func TestRun_G14_EachGroupHasItsOwnMode(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		var sibling intP
		err := group.Run(ctx, func(ctx context.Context, outer *group.PendingGroup) error {
			sibling = caller.CallSoon(ctx, c, sleeper(time.Minute, 1))
			err := group.Run(ctx, func(ctx context.Context, _ *group.PendingGroup) error {
				caller.CallSoon(ctx, c, sleeper(time.Hour, 2)).Cancel("one")
				return nil
			}, group.WithMode(group.CancelAndReport))
			require.ErrorIs(t, err, pending.ErrCancelled)
			require.False(t, outer.Cancelled())
			return nil
		})
		require.NoError(t, err)
		require.NoError(t, sibling.Err())
	})
}
