package group_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

func TestRun_G01_WaitsForWhatItsMembersStart(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		require.Nil(t, group.Current(ctx))
		var calls [3]intP
		err := group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
			require.Equal(t, g, group.Current(ctx))
			calls[0] = caller.CallLater(ctx, c, time.Second, func(ctx context.Context) (int, error) {
				calls[1] = caller.CallLater(ctx, c, time.Minute, sleeper(time.Minute, 2))
				return 1, nil
			})
			require.Equal(t, []handle{calls[0]}, g.Pending())
			calls[2] = pending.Go(ctx, sleeper(time.Hour, 3))
			require.Equal(t, []handle{calls[0], calls[2]}, g.Pending())
			return nil
		})
		require.NoError(t, err)
		for _, p := range calls {
			require.NoError(t, p.Err())
		}
	})
}

func TestRun_G02_MembersAfterTheExitAreCancelled(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		var inner context.Context
		var g *group.PendingGroup
		require.NoError(t, group.Run(ctx, func(ctx context.Context, made *group.PendingGroup) error {
			inner, g = ctx, made
			return nil
		}))
		require.Error(t, inner.Err())
		p := caller.CallSoon(inner, c, sleeper(0, 1))
		require.NoError(t, p.WaitDone(ctx))
		require.True(t, p.Cancelled())
		byHand := pending.New[int](ctx)
		g.Add(byHand)
		require.True(t, byHand.Cancelled())
		require.False(t, g.Cancel("late"))
		require.False(t, g.Cancelled())
	})
}

func TestRun_G08_Shield(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		var p intP
		require.NoError(t, group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
			p = caller.CallSoon(ctx, c, sleeper(time.Hour, 1))
			require.False(t, g.Cancelled())
			return nil
		}, group.WithShield()))
		v, err := p.Result()
		require.NoError(t, err)
		require.Equal(t, 1, v)

		require.ErrorIs(t, group.Run(ctx, func(context.Context, *group.PendingGroup) error {
			t.Error("the body must not run")
			return nil
		}), context.Canceled)
	})
}

func TestRun_G09_LeavesAtTheDeadline(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		start := time.Now()
		var g *group.PendingGroup
		var member intP
		require.NoError(t, group.Run(ctx, func(ctx context.Context, made *group.PendingGroup) error {
			g, member = made, caller.CallSoon(ctx, c, sleeper(time.Hour, 1))
			<-ctx.Done()
			require.ErrorIs(t, context.Cause(ctx), context.DeadlineExceeded)
			return loop.Sleep(ctx, time.Hour)
		}, group.WithTimeout(time.Second)))
		require.Equal(t, time.Second, time.Since(start))
		require.True(t, g.Cancelled())
		require.ErrorIs(t, member.Err(), pending.ErrCancelled)
	})
}

func TestRun_G19_CallsInACancelledGroupAreCancelled(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		require.NoError(t, group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
			require.True(t, g.Cancel("first"))
			require.False(t, g.Cancel("second"))
			p := caller.CallSoon(ctx, c, func(context.Context) (int, error) {
				t.Error("it must not run")
				return 0, nil
			})
			require.True(t, p.IsDone())
			require.ErrorContains(t, p.Err(), "first")
			byHand := pending.New[int](context.Background())
			g.Add(byHand)
			require.True(t, byHand.Cancelled())
			return nil
		}))
	})
}

func TestRun_G20_AMemberThatIgnoresCancellation(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		for _, row := range []struct {
			options []group.Option
			waits   time.Duration
		}{
			{nil, 10 * time.Second},
			{[]group.Option{group.WithCancelTimeout(100 * time.Millisecond)}, 100 * time.Millisecond},
			{[]group.Option{group.WithCancelTimeout(0)}, 0},
		} {
			start := time.Now()
			var p intP
			require.NoError(t, group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
				p = caller.CallSoon(ctx, c, deaf(time.Minute))
				require.NoError(t, loop.Sleep(ctx, time.Second))
				g.Cancel("")
				return nil
			}, row.options...))
			require.Equal(t, time.Second+row.waits, time.Since(start))
			require.True(t, p.Cancelled())
			require.False(t, p.IsDone())
			require.NoError(t, p.WaitDone(ctx))
		}
	})
}

func TestRun_G21_G22_CancelInEveryState(t *testing.T) {
	var never group.PendingGroup
	p := pending.New[int](t.Context())
	never.Add(p)
	require.Equal(t, []handle{p}, never.Pending())
	require.True(t, never.Cancel("not entered"))
	require.True(t, never.Cancelled())
	require.True(t, p.Cancelled())

	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		require.NoError(t, group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
			for range 100 {
				caller.CallSoon(ctx, c, sleeper(time.Hour, 1))
			}
			for range 10 {
				go g.Cancel("from a goroutine")
			}
			return loop.Sleep(ctx, time.Hour)
		}))
	})
}

func TestRun_G24_Misuse(t *testing.T) {
	none := func(context.Context, *group.PendingGroup) error { return nil }
	for _, opt := range []group.Option{
		group.WithMode(-1), group.WithMode(4), group.WithTimeout(-1), group.WithCancelTimeout(-1),
		group.Limit(-1), group.Workers(0), group.Greediness(-1),
	} {
		require.ErrorIs(t, group.Run(t.Context(), none, opt), group.ErrInvalid)
	}
	require.NoError(t, group.Run(t.Context(), none, nil))
	require.ErrorIs(t, group.Run(t.Context(), nil), loop.ErrNilFunc)
}

func TestRun_G24_String(t *testing.T) {
	require.NoError(t, group.Run(t.Context(), func(ctx context.Context, g *group.PendingGroup) error {
		p := pending.New[int](ctx)
		require.Equal(t, "PendingGroup 1 pending, mode 2", g.String())
		g.Cancel("")
		require.Equal(t, "PendingGroup 0 pending, mode 2 ⛔", g.String())
		require.True(t, p.Cancelled())
		return nil
	}, group.WithMode(group.CancelQuietly)))
}

func TestRun_AddAndRemoveByHand(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		kept, removed := pending.New[int](ctx), pending.New[int](ctx)
		err := group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
			g.Add(kept)
			g.Add(kept)
			g.Add(removed)
			require.Len(t, g.Pending(), 2)
			g.Remove(removed)
			g.Remove(removed)
			removed.SetError(errOther)
			require.False(t, g.Cancelled())
			time.AfterFunc(time.Minute, func() { kept.SetError(errTest) })
			return nil
		})
		require.ErrorIs(t, err, errTest)
		require.NotErrorIs(t, err, errOther)
	})
}

func TestRun_JoinsTheErrorsOfSeveralMembers(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		err := group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
			first, second := pending.New[int](context.Background()), pending.New[int](ctx)
			first.AddDoneCallback(func(handle) { second.SetError(errOther) }) // before the group hears of first
			g.Add(first)
			time.AfterFunc(time.Second, func() { first.SetError(errTest) })
			return nil
		})
		require.ErrorIs(t, err, errTest)
		require.ErrorIs(t, err, errOther)
	})
}

func TestCallerPendingGroup(t *testing.T) {
	bubble(t, func(t *testing.T, c *caller.Caller) {
		var p intP
		body := func(ctx context.Context, g *group.PendingGroup) error {
			require.True(t, c.Loop().OnThread())
			require.Equal(t, c, caller.Current(ctx))
			p = caller.CallSoon(ctx, c, sleeper(time.Hour, 3))
			return nil
		}
		require.NoError(t, c.PendingGroup(t.Context(), body))
		require.NoError(t, p.Err())
		onCaller(t, c, func(ctx context.Context) { require.NoError(t, c.PendingGroup(ctx, body)) })

		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, c.PendingGroup(ended, body), context.Canceled)
		require.NoError(t, c.PendingGroup(ended, body, group.WithShield()))

		fails := func(context.Context, *group.PendingGroup) error { return errTest }
		require.Equal(t, errTest, c.PendingGroup(t.Context(), fails))
		require.ErrorIs(t, c.PendingGroup(t.Context(), nil), loop.ErrNilFunc)
		require.ErrorIs(t, c.PendingGroup(t.Context(), body, group.WithMode(9)), group.ErrInvalid)
		require.ErrorIs(t, (*caller.Caller)(nil).PendingGroup(t.Context(), body), caller.ErrNoCaller)

		// The outer group is not told of the call that the inner one's body is.
		require.NoError(t, group.Run(t.Context(), func(ctx context.Context, outer *group.PendingGroup) error {
			require.Equal(t, errTest, c.PendingGroup(ctx, fails))
			require.False(t, outer.Cancelled())
			require.NoError(t, c.PendingGroup(ctx, func(ctx context.Context, _ *group.PendingGroup) error {
				p = caller.CallSoon(ctx, c, sleeper(0, 1))
				require.Equal(t, []handle{p}, outer.Pending())
				return nil
			}))
			return nil
		}))
		require.NoError(t, c.Close())
		require.ErrorIs(t, c.PendingGroup(t.Context(), body), loop.ErrStopped)
	})
}
