package group_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// A member does not watch the group's context itself: what else can end its own has to reach it all the same.
func TestRun_MembersThatHaveNotStartedEndAtOnce(t *testing.T) {
	never := func(context.Context) (int, error) { panic("called") }
	for name, end := range map[string]func(t *testing.T, ctx context.Context, c *caller.Caller, g *group.PendingGroup, outer func()) intP{
		"with the context around the group": func(_ *testing.T, ctx context.Context, c *caller.Caller, _ *group.PendingGroup, outer func()) intP {
			p := caller.CallLater(ctx, c, time.Hour, never)
			outer()
			return p
		},
		"with one made from the group's": func(_ *testing.T, ctx context.Context, c *caller.Caller, _ *group.PendingGroup, _ func()) intP {
			ctx, stop := context.WithCancel(ctx)
			p := caller.CallLater(ctx, c, time.Hour, never)
			stop()
			return p
		},
		"with that of the member that has made it": func(t *testing.T, ctx context.Context, c *caller.Caller, _ *group.PendingGroup, _ func()) intP {
			var p intP
			maker := caller.CallSoon(ctx, c, func(ctx context.Context) (int, error) {
				p = caller.CallLater(ctx, c, time.Hour, never)
				return 0, loop.Sleep(ctx, time.Hour)
			})
			synctest.Wait()
			require.True(t, maker.Cancel(""))
			return p
		},
		"when the group no longer keeps it": func(t *testing.T, ctx context.Context, c *caller.Caller, g *group.PendingGroup, outer func()) intP {
			p := caller.CallLater(ctx, c, time.Hour, never)
			g.Remove(p)
			require.Empty(t, g.Pending())
			outer()
			return p
		},
		"after one whose callback calls runtime.Goexit": func(_ *testing.T, ctx context.Context, c *caller.Caller, _ *group.PendingGroup, outer func()) intP {
			caller.CallLater(ctx, c, time.Hour, never).AddDoneCallback(func(handle) { runtime.Goexit() })
			p := caller.CallLater(ctx, c, time.Hour, never)
			outer()
			return p
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *caller.Caller) {
				ctx, outer := context.WithCancel(t.Context())
				defer outer()
				_ = group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
					p := end(t, ctx, c, g, outer)
					synctest.Wait()
					require.True(t, p.Cancelled() && p.IsDone(), "%v", p)
					return nil
				})
			})
		})
	}
}

func TestRun_ARemovedMemberEndsWithTheGroupsContext(t *testing.T) {
	bubble(t, func(t *testing.T, c *caller.Caller) {
		var p *pending.Pending[int]
		require.NoError(t, group.Run(t.Context(), func(ctx context.Context, g *group.PendingGroup) error {
			p = caller.CallLater(ctx, c, time.Hour, sleeper(0, 0))
			g.Remove(p)
			return nil
		}))
		synctest.Wait()
		require.True(t, p.Cancelled() && p.IsDone(), "%v", p)
	})
}

func TestRun_AMemberIsToldHowTheContextAroundTheGroupHasEnded(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		ctx, stop := context.WithTimeout(ctx, time.Second)
		defer stop()
		var told error
		require.ErrorIs(t, group.Run(ctx, func(ctx context.Context, _ *group.PendingGroup) error {
			c.CallSoon(ctx, func(ctx context.Context) error {
				told = loop.Sleep(ctx, time.Hour)
				return told
			})
			return nil
		}), context.DeadlineExceeded)
		require.Equal(t, context.DeadlineExceeded, told)
	})
}
