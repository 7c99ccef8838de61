package group_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

func TestRun_PanicAndGoexitOfMembersAreFailures(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		err := group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
			caller.CallSoon(ctx, c, func(context.Context) (int, error) { panic(errTest) })
			return nil
		})
		require.ErrorIs(t, err, errTest)
		var panicked *pending.PanicError
		require.ErrorAs(t, err, &panicked)
	})
}

func TestRun_APanicInTheBodyWaitsForTheMembers(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		var p intP
		require.PanicsWithError(t, errTest.Error(), func() {
			_ = group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
				p = caller.CallSoon(ctx, c, func(ctx context.Context) (int, error) {
					_ = loop.Sleep(ctx, time.Hour)
					return 0, loop.Sleep(context.WithoutCancel(ctx), time.Second)
				})
				require.NoError(t, loop.Sleep(ctx, 0))
				panic(errTest)
			})
		})
		require.True(t, p.IsDone())
	})
}

func TestRun_TheCallItself(t *testing.T) {
	bubble(t, func(t *testing.T, c *caller.Caller) {
		p := c.CallSoon(t.Context(), func(ctx context.Context) error {
			return group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
				g.Add(caller.CurrentPending(ctx))
				return nil
			})
		})
		_, err := p.Wait(t.Context())
		require.ErrorIs(t, err, pending.ErrDeadlock)
	})
}

func TestRun_TheCallerStops(t *testing.T) {
	bubble(t, func(t *testing.T, c *caller.Caller) {
		elsewhere, err := caller.New(t.Context())
		require.NoError(t, err)
		defer elsewhere.Close()
		var member intP
		p := c.CallSoon(t.Context(), func(ctx context.Context) error {
			return group.Run(context.Background(), func(ctx context.Context, g *group.PendingGroup) error {
				member = caller.CallSoon(ctx, elsewhere, sleeper(time.Hour, 1))
				return nil
			})
		})
		require.ErrorIs(t, p.WaitDone(withTimeout(t, time.Second), pending.Protect()), context.DeadlineExceeded)
		c.Stop(true)
		require.NoError(t, c.WaitStopped(t.Context()))
		require.ErrorIs(t, p.Err(), loop.ErrStopped)
		require.NoError(t, member.WaitDone(t.Context()))
		require.True(t, member.Cancelled())
	})
}

func withTimeout(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestRun_ThousandsOfMembers(t *testing.T) {
	members := 10_000
	if runtime.GOARCH == "wasm" {
		members = 200 // the Go runtime fails with a thousand suspended calls cancelled at once: memory access out of bounds
	}
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		var calls []intP
		require.NoError(t, group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
			for range members {
				calls = append(calls, caller.CallSoon(ctx, c, sleeper(time.Hour, 1)))
			}
			require.NoError(t, loop.Sleep(ctx, time.Second))
			g.Cancel("")
			return nil
		}))
		for _, p := range calls {
			require.True(t, p.IsDone() && p.Cancelled())
		}
	})
}

// Members learn why their group was cancelled, wherever they are.
func TestRun_MembersAreToldTheCause(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		var suspended, delayed, bare, late pending.Handle
		err := group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
			suspended = caller.CallSoon(ctx, c, sleeper(time.Hour, 1))
			delayed = caller.CallLater(ctx, c, time.Hour, sleeper(0, 1))
			bare = pending.New[int](ctx)
			caller.CallSoon(ctx, c, failer(time.Second, errTest))
			require.ErrorIs(t, loop.Sleep(ctx, time.Hour), context.Canceled)
			late = pending.New[int](ctx)
			return nil
		})
		require.ErrorIs(t, err, errTest)
		for _, p := range []pending.Handle{suspended, delayed, bare, late} {
			require.ErrorIs(t, p.Err(), errTest)
			require.ErrorIs(t, p.Err(), pending.ErrCancelled)
			require.Equal(t, "cancelled: another member of its group has failed: "+errTest.Error(), p.Err().Error())
		}
	})
}
