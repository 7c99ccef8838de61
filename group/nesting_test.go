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

// The outer group's time is up, or that of what is around both.
func TestRun_G14_OuterExpiry(t *testing.T) {
	const limit = time.Second
	for _, row := range []struct {
		name string
		// outer runs body in the outer group; body's error is that of the inner one.
		outer func(ctx context.Context, body func(context.Context, *group.PendingGroup) error) error
		want  error
	}{
		{"its deadline", func(ctx context.Context, body func(context.Context, *group.PendingGroup) error) error {
			ctx, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			return group.Run(ctx, body)
		}, context.DeadlineExceeded},
		{"its timeout, quietly", func(ctx context.Context, body func(context.Context, *group.PendingGroup) error) error {
			return group.Run(ctx, body, group.WithTimeout(limit))
		}, nil},
		{"its timeout, reported", func(ctx context.Context, body func(context.Context, *group.PendingGroup) error) error {
			return group.Run(ctx, body, group.WithTimeout(limit), group.WithMode(group.CancelAndReport))
		}, pending.ErrCancelled},
	} {
		t.Run(row.name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
				began := time.Now()
				var p intP
				err := row.outer(ctx, func(ctx context.Context, _ *group.PendingGroup) error {
					return group.Run(ctx, func(ctx context.Context, _ *group.PendingGroup) error {
						p = caller.CallSoon(ctx, c, sleeper(time.Hour, 1))
						return nil
					})
				})
				if row.want == nil {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, row.want)
				}
				require.True(t, p.IsDone() && p.Cancelled(), p)
				require.Equal(t, limit, time.Since(began))
			})
		})
	}
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
