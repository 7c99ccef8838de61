package group_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
)

// The loop stops in the middle: what has been started in a scope has ended when the scope is left, then as well.
func TestScopesWhenTheLoopStops(t *testing.T) {
	for name, scope := range map[string]func(ctx context.Context, calls []intFn){
		"Resolve": func(ctx context.Context, calls []intFn) {
			for range group.Resolve(ctx, slices.Values(calls)) {
			}
		},
		"Collect": func(ctx context.Context, calls []intFn) {
			_, err := group.Collect(ctx, slices.Values(calls))
			assert.ErrorIs(t, err, loop.ErrStopped)
		},
		"Run": func(ctx context.Context, calls []intFn) {
			_ = group.Run(ctx, func(ctx context.Context, _ *group.PendingGroup) error {
				for _, fn := range calls[1:] {
					caller.CallSoon(ctx, caller.Current(ctx), fn)
				}
				_, err := calls[0](ctx)
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *caller.Caller) {
				open := 0 // scopes and calls that have not ended
				sleep := func(d time.Duration) intFn {
					return func(ctx context.Context) (int, error) {
						open++
						defer func() { open-- }()
						return 0, loop.Sleep(ctx, d)
					}
				}
				outer := func(d time.Duration) intFn {
					return func(ctx context.Context) (int, error) {
						open++
						before := open
						scope(ctx, []intFn{sleep(d), sleep(time.Hour), sleep(time.Hour)})
						assert.LessOrEqual(t, open, before, "calls go on")
						open--
						return 0, ctx.Err()
					}
				}
				p := c.CallSoon(t.Context(), func(ctx context.Context) error {
					scope(ctx, []intFn{outer(time.Second), outer(time.Hour), outer(time.Minute)})
					assert.Zero(t, open)
					return nil
				})
				time.Sleep(time.Minute / 2)
				require.NoError(t, c.Do(t.Context(), func() { assert.Positive(t, open) }))
				require.NoError(t, c.Close())
				require.NoError(t, p.WaitDone(t.Context()))
			})
		})
	}
}
