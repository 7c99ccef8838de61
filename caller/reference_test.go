package caller_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// Cases of the reference libraries whose counterpart has another name here.
//
// Without a counterpart, or with one that needs no test of its own:
//   - E-03, a pool that is initialised and shut down: ToThread's belongs to its caller, is there from the first call
//     on and ends with the caller. Calls after that are refused (W-10), and stopping twice is stopping once (L-12).
//   - Y-06, attributes that are made when they are first touched: that is sync.OnceValue. What we make like that, such
//     as the channel of Done, runs no function of a user's meanwhile that could touch it again (Y-05).
//   - H-04 and H-06: the table has no such rows.

func TestE01_RunGoesToTheEndAndReturnsTheError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		got := 0
		require.NoError(t, caller.Run(t.Context(), func(ctx context.Context, _ *caller.Caller) error {
			got = 7
			return loop.Sleep(ctx, time.Hour)
		}))
		require.Equal(t, 7, got)
		require.ErrorIs(t, caller.Run(t.Context(), func(context.Context, *caller.Caller) error { return errTest }), errTest)
	})
}

func TestE13_ACallStartsWithoutBeingWaitedForAndAYieldLetsAllRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		p := c.CallSoon(t.Context(), func(ctx context.Context) error {
			ran := 0
			var calls []*pending.Pending[pending.None]
			for range 10 {
				calls = append(calls, c.CallSoon(ctx, func(context.Context) error { ran++; return errTest }))
			}
			require.Zero(t, ran)
			require.NoError(t, loop.Yield(ctx))
			require.Equal(t, 10, ran, "one turn for every ready call")
			for _, p := range calls {
				require.ErrorIs(t, p.Err(), errTest, "an error shows when it is asked for")
			}
			return nil
		})
		require.NoError(t, p.WaitDone(t.Context()))
		require.NoError(t, p.Err())
		require.NoError(t, c.Close())
	})
}

func TestK07_AWaitWithATimeoutLeavesTheGoroutineRunning(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := pending.Go(t.Context(), func(ctx context.Context) (int, error) { return 1, loop.Sleep(ctx, time.Minute) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, p.WaitDone(ctx, pending.Protect()), context.DeadlineExceeded)
		require.ErrorIs(t, p.Err(), pending.ErrNotDone)
		v, err := p.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, v)
	})
}
