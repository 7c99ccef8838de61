package group_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

func TestShield_R01_R02_TheEndIsHeldBack(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		outer, cancel := context.WithCancel(ctx)
		var started intP
		err := group.Shield(outer, func(ctx context.Context) error {
			cancel()
			require.NoError(t, loop.Sleep(ctx, time.Second))
			started = caller.CallSoon(ctx, c, sleeper(time.Second, 1))
			return nil
		})
		require.NoError(t, err, "nothing at the brace")
		require.ErrorIs(t, loop.Sleep(outer, time.Second), context.Canceled, "the next wait tells")
		_, err = started.Wait(ctx)
		require.NoError(t, err)
	})
}

func TestShield_R05_OfACallThatIsCancelled(t *testing.T) {
	bubble(t, func(t *testing.T, c *caller.Caller) {
		inside := errTest
		p := caller.CallSoon(t.Context(), c, func(ctx context.Context) (int, error) {
			inside = group.Shield(ctx, func(ctx context.Context) error { return loop.Sleep(ctx, time.Minute) })
			return 1, loop.Sleep(ctx, time.Minute)
		})
		require.NoError(t, c.Do(t.Context(), func() {}))
		require.True(t, p.Cancel("now"))
		require.NoError(t, p.WaitDone(t.Context()))
		require.NoError(t, inside)
		require.ErrorIs(t, p.Err(), pending.ErrCancelled)
	})
}

func TestShield_R03(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		require.Equal(t, errTest, group.Shield(ctx, func(context.Context) error { return errTest }))
		require.ErrorIs(t, group.Shield(ctx, nil), loop.ErrNilFunc)
	})
}

// shields are the two ways to shield a body. Inside a call they wait for its members, or let it be.
var shields = map[string]func(ctx context.Context, body func(ctx context.Context) error) error{
	"Shield": group.Shield,
	"WithShield": func(ctx context.Context, body func(ctx context.Context) error) error {
		return group.Run(ctx, func(ctx context.Context, _ *group.PendingGroup) error { return body(ctx) }, group.WithShield())
	},
	"Shield, in a group of its own": func(ctx context.Context, body func(ctx context.Context) error) error {
		return group.Run(ctx, func(ctx context.Context, _ *group.PendingGroup) error { return group.Shield(ctx, body) })
	},
	"a group in a Shield": func(ctx context.Context, body func(ctx context.Context) error) error {
		return group.Shield(ctx, func(ctx context.Context) error {
			return group.Run(ctx, func(ctx context.Context, _ *group.PendingGroup) error { return body(ctx) })
		})
	},
}

// The ways in which the group around a shield is cancelled, each a second after it has begun.
var cancellations = map[string]struct {
	cancel func(ctx context.Context, c *caller.Caller, g *group.PendingGroup)
	opts   []group.Option
}{
	"by Cancel": {cancel: func(_ context.Context, _ *caller.Caller, g *group.PendingGroup) {
		time.AfterFunc(time.Second, func() { g.Cancel("enough") })
	}},
	"by a member that fails": {cancel: func(ctx context.Context, c *caller.Caller, _ *group.PendingGroup) {
		caller.CallSoon(ctx, c, failer(time.Second, errTest))
	}},
	"by its timeout": {opts: []group.Option{group.WithTimeout(time.Second)}},
}

// R-01, G-08, G-14: a group that is cancelled leaves the calls behind a shield alone, and waits for them.
func TestShield_R01_G08_G14_InAGroupThatIsCancelled(t *testing.T) {
	for name, shield := range shields {
		for how, surroundings := range cancellations {
			t.Run(name+", "+how, func(t *testing.T) {
				everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
					var bare intP
					var before, after []intP
					begin := func(ctx context.Context) []intP {
						byHand := pending.New[int](ctx)
						time.AfterFunc(3*time.Second, func() { byHand.SetResult(1) })
						return []intP{
							caller.CallSoon(ctx, c, sleeper(3*time.Second, 1)),
							caller.ToThread(ctx, c, sleeper(3*time.Second, 1)),
							byHand,
						}
					}
					start := time.Now()
					err := group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
						if surroundings.cancel != nil {
							surroundings.cancel(ctx, c, g)
						}
						bare = caller.CallSoon(ctx, c, sleeper(time.Hour, 1))
						return shield(ctx, func(ctx context.Context) error {
							before = begin(ctx)
							require.NoError(t, loop.Sleep(ctx, 2*time.Second))
							require.True(t, g.Cancelled())
							after = begin(ctx)
							for _, p := range after {
								require.True(t, slices.Contains(g.Pending(), handle(p)), "they are members all the same")
							}
							return nil
						})
					}, surroundings.opts...)
					if surroundings.cancel == nil || how == "by Cancel" {
						require.NoError(t, err)
					} else {
						require.ErrorIs(t, err, errTest)
					}
					require.ErrorIs(t, bare.Err(), pending.ErrCancelled)
					require.Equal(t, 5*time.Second, time.Since(start))
					for _, p := range append(before, after...) {
						require.NoError(t, p.Err())
					}
				})
			})
		}
	}
}

func TestShield_AMemberThatFailsCountsAllTheSame(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		err := group.Run(ctx, func(ctx context.Context, _ *group.PendingGroup) error {
			return group.Shield(ctx, func(ctx context.Context) error {
				caller.CallSoon(ctx, c, failer(time.Second, errTest))
				return nil
			})
		})
		require.ErrorIs(t, err, errTest)
	})
}

// What a shield keeps from a call are the groups around it: a group that the call runs deals with its own.
func TestShield_AGroupInItCancelsItsOwn(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		var p intP
		require.NoError(t, group.Run(ctx, func(ctx context.Context, outer *group.PendingGroup) error {
			return group.Shield(ctx, func(ctx context.Context) error {
				return group.Run(ctx, func(ctx context.Context, inner *group.PendingGroup) error {
					p = caller.CallSoon(ctx, c, sleeper(time.Hour, 1))
					time.AfterFunc(time.Second, func() { inner.Cancel("enough") })
					return nil
				})
			})
		}))
		require.ErrorIs(t, p.Err(), pending.ErrCancelled)
	})
}

// A shielded call has longer than others that a group has cancelled.
func TestShield_AGroupWaitsToTheEnd(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		var p intP
		start := time.Now()
		require.NoError(t, group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
			g.Cancel("enough")
			return group.Shield(ctx, func(ctx context.Context) error {
				p = caller.CallSoon(ctx, c, sleeper(time.Minute, 1))
				return nil
			})
		}, group.WithCancelTimeout(time.Second)))
		require.NoError(t, p.Err())
		require.Equal(t, time.Minute, time.Since(start))
	})
}

// So has what a shielded call starts when it ends.
func TestShield_AGroupWaitsForWhatAShieldedCallStarts(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		var last intP
		start := time.Now()
		require.NoError(t, group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
			g.Cancel("enough")
			return group.Shield(ctx, func(ctx context.Context) error {
				c.CallSoon(ctx, func(ctx context.Context) error {
					defer func() { last = caller.CallSoon(ctx, c, sleeper(time.Minute, 1)) }()
					return loop.Sleep(ctx, time.Minute)
				})
				return nil
			})
		}, group.WithCancelTimeout(time.Second)))
		require.NoError(t, last.Err())
		require.Equal(t, 2*time.Minute, time.Since(start))
	})
}
