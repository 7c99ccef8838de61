package group_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

const (
	quiet     = ""
	cancelled = "cancelled"
	member    = "the member's error, joined"
	bare      = "the error itself"
	outer     = "the outer cancellation"
)

// The exit matrix of part 3 of the cases.
func TestRun_ExitMatrix(t *testing.T) {
	type event func(ctx context.Context, c *caller.Caller, g *group.PendingGroup, outer func()) error
	for _, row := range []struct {
		name    string
		event   event
		options []group.Option
		modes   [4]string
		others  [4]bool // whether the other members are left to finish
	}{
		{
			name: "G-11 G-12 G-13 a member is cancelled",
			event: func(ctx context.Context, c *caller.Caller, _ *group.PendingGroup, _ func()) error {
				caller.CallSoon(ctx, c, sleeper(time.Hour, 0)).Cancel("")
				return nil
			},
			modes: [4]string{quiet, cancelled, quiet, cancelled}, others: [4]bool{true, false, false, true},
		},
		{
			name: "G-05 the group is cancelled",
			event: func(ctx context.Context, _ *caller.Caller, g *group.PendingGroup, _ func()) error {
				g.Cancel("enough")
				return nil
			},
			modes: [4]string{quiet, cancelled, quiet, cancelled},
		},
		{
			name: "G-09 G-10 the group's timeout, body blocked",
			event: func(ctx context.Context, _ *caller.Caller, _ *group.PendingGroup, _ func()) error {
				return loop.Sleep(ctx, time.Hour)
			},
			options: []group.Option{group.WithTimeout(time.Second)},
			modes:   [4]string{quiet, cancelled, quiet, cancelled},
		},
		{
			name: "G-10 the group's timeout, waiting at the exit",
			event: func(context.Context, *caller.Caller, *group.PendingGroup, func()) error {
				return nil
			},
			options: []group.Option{group.WithTimeout(time.Second)},
			modes:   [4]string{quiet, cancelled, quiet, cancelled},
		},
		{
			name: "G-06 a member fails",
			event: func(ctx context.Context, c *caller.Caller, _ *group.PendingGroup, _ func()) error {
				caller.CallSoon(ctx, c, failer(0, errTest))
				return nil
			},
			modes: [4]string{member, member, member, member},
		},
		{
			name: "G-06 a member fails late",
			event: func(ctx context.Context, c *caller.Caller, _ *group.PendingGroup, _ func()) error {
				caller.CallSoon(ctx, c, failer(time.Minute, errTest))
				return nil
			},
			modes: [4]string{member, member, member, member},
		},
		{
			name: "G-07 a member fails while the body is blocked",
			event: func(ctx context.Context, c *caller.Caller, g *group.PendingGroup, _ func()) error {
				caller.CallSoon(ctx, c, failer(0, errTest))
				err := loop.Sleep(ctx, 24*time.Hour)
				if !g.Cancelled() {
					return errors.New("the group is not cancelled")
				}
				return err
			},
			modes: [4]string{member, member, member, member},
		},
		{
			name: "the body fails",
			event: func(context.Context, *caller.Caller, *group.PendingGroup, func()) error {
				return errTest
			},
			modes: [4]string{bare, bare, bare, bare},
		},
		{
			name: "the body waits for the member that fails",
			event: func(ctx context.Context, c *caller.Caller, _ *group.PendingGroup, _ func()) error {
				_, err := caller.CallSoon(ctx, c, failer(time.Second, errTest)).Wait(ctx)
				return err
			},
			modes: [4]string{bare, bare, bare, bare},
		},
		{
			name: "G-04 the outer scope is cancelled",
			event: func(ctx context.Context, _ *caller.Caller, _ *group.PendingGroup, outer func()) error {
				outer()
				return loop.Sleep(ctx, time.Hour)
			},
			modes: [4]string{outer, outer, outer, outer},
		},
		{
			name: "G-04 the outer scope is cancelled while waiting at the exit",
			event: func(ctx context.Context, _ *caller.Caller, _ *group.PendingGroup, outer func()) error {
				time.AfterFunc(time.Second, outer)
				return nil
			},
			modes: [4]string{outer, outer, outer, outer},
		},
		{
			name: "a failure is queued when the group is cancelled",
			event: func(ctx context.Context, c *caller.Caller, g *group.PendingGroup, _ func()) error {
				caller.CallLater(ctx, c, time.Second, failer(0, errTest))
				g.Cancel("enough")
				return nil
			},
			modes: [4]string{quiet, cancelled, quiet, cancelled},
		},
	} {
		for mode, want := range row.modes {
			t.Run(fmt.Sprintf("%s, mode %d", row.name, mode), func(t *testing.T) {
				everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
					ctx, cancel := context.WithCancel(ctx)
					defer cancel()
					var other intP
					err := group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
						other = caller.CallSoon(ctx, c, sleeper(time.Hour, 7))
						require.NoError(t, loop.Sleep(ctx, time.Millisecond))
						return row.event(ctx, c, g, cancel)
					}, append(row.options, group.WithMode(group.Mode(mode)))...)
					requireOutcome(t, want, err)
					require.True(t, other.IsDone())
					require.Equal(t, !row.others[mode], other.Cancelled())
				})
			})
		}
	}
}

func requireOutcome(t *testing.T, want string, err error) {
	t.Helper()
	switch want {
	case quiet:
		require.NoError(t, err)
	case cancelled:
		require.ErrorIs(t, err, pending.ErrCancelled)
		require.IsType(t, new(pending.CancelledError), err)
	case member:
		require.ErrorIs(t, err, errTest)
		require.NotErrorIs(t, err, context.Canceled)
	case bare:
		require.Equal(t, errTest, err)
	case outer:
		require.Equal(t, context.Canceled, err)
	}
}
