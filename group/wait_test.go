package group_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

func TestWait_A12(t *testing.T) {
	const fast, failing, slow = 0, 1, 2
	for _, row := range []struct {
		when       group.When
		beforehand bool // they are done, but for slow, when Wait is called
		done, rest []int
		after      time.Duration
	}{
		{group.FirstCompleted, false, []int{fast}, []int{failing, slow}, time.Second},
		{group.FirstError, false, []int{fast, failing}, []int{slow}, 2 * time.Second},
		{group.AllCompleted, false, []int{fast, failing, slow}, nil, 3 * time.Second},
		{group.FirstCompleted, true, []int{fast, failing}, []int{slow}, 0},
		{group.FirstError, true, []int{fast, failing}, []int{slow}, 0},
		{group.AllCompleted, true, []int{fast, failing, slow}, nil, 500 * time.Millisecond},
	} {
		t.Run(fmt.Sprint(row.when, row.beforehand), func(t *testing.T) {
			everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
				items := []intP{
					fast:    caller.CallSoon(ctx, c, sleeper(time.Second, 1)),
					failing: caller.CallSoon(ctx, c, failer(2*time.Second, errTest)),
					slow:    caller.CallSoon(ctx, c, sleeper(3*time.Second, 3)),
				}
				if row.beforehand {
					require.NoError(t, loop.Sleep(ctx, 2500*time.Millisecond))
				}
				start := time.Now()
				done, rest, err := group.Wait(ctx, items, row.when)
				require.NoError(t, err)
				require.Equal(t, row.after, time.Since(start))
				require.Equal(t, pick(items, row.done), done)
				require.Equal(t, pick(items, row.rest), rest)
				_, _, err = group.Wait(ctx, items, group.AllCompleted)
				require.NoError(t, err)
				_, err = items[slow].Result()
				require.NoError(t, err, "Wait cancels nothing")
			})
		})
	}
}

func pick(items []intP, which []int) (picked []intP) {
	for _, i := range which {
		picked = append(picked, items[i])
	}
	return picked
}

func TestWait_A14_TimeoutAndCancellation(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		p := caller.CallSoon(ctx, c, sleeper(time.Hour, 1))
		already := pending.New[int](ctx)
		already.SetResult(1)
		for _, d := range []time.Duration{0, time.Second} {
			limited, cancel := context.WithTimeout(ctx, d)
			done, rest, err := group.Wait(limited, []intP{p, already}, group.AllCompleted)
			require.NoError(t, err)
			require.Equal(t, []intP{already}, done)
			require.Equal(t, []intP{p}, rest)
			cancel()
		}
		cancellable, cancel := context.WithCancel(ctx)
		time.AfterFunc(time.Second, cancel)
		done, rest, err := group.Wait(cancellable, []intP{p, already}, group.AllCompleted)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, []intP{already}, done)
		require.Equal(t, []intP{p}, rest)
		require.False(t, p.Cancelled())

		// a scope that has ended, shielded.
		require.NoError(t, group.Shield(cancellable, func(ctx context.Context) error {
			done, rest, err := group.Wait(ctx, []intP{p}, group.AllCompleted)
			require.Empty(t, rest)
			require.Len(t, done, 1)
			return err
		}))
	})
}

func TestWait_A16(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		for when := group.FirstCompleted; when <= group.AllCompleted; when++ {
			done, rest, err := group.Wait(ctx, []intP{}, when)
			require.NoError(t, err)
			require.Empty(t, done)
			require.Empty(t, rest)
		}
		p, q := caller.CallSoon(ctx, c, sleeper(time.Second, 1)), pending.New[int](ctx)
		done, rest, err := group.Wait(ctx, []intP{q, p, p, q}, group.FirstCompleted)
		require.NoError(t, err)
		require.Equal(t, []intP{p}, done)
		require.Equal(t, []intP{q}, rest)

		_, _, err = group.Wait(ctx, []intP{p, nil}, group.AllCompleted)
		require.ErrorIs(t, err, group.ErrInvalid)
		_, _, err = group.Wait(ctx, []handle{nil}, group.AllCompleted)
		require.ErrorIs(t, err, group.ErrInvalid)
		_, _, err = group.Wait(ctx, []intP{p}, 3)
		require.ErrorIs(t, err, group.ErrInvalid)
	})
}

func TestWait_A08_ForTheCallThatWaits(t *testing.T) {
	bubble(t, func(t *testing.T, c *caller.Caller) {
		onCaller(t, c, func(ctx context.Context) {
			own := caller.CurrentPending(ctx)
			_, _, err := group.Wait(context.Background(), []handle{own, pending.New[int](ctx)}, group.FirstCompleted)
			require.ErrorIs(t, err, pending.ErrDeadlock)
		})
	})
}

func TestWait_A17_OnSeveralCallers(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		child, err := c.Get("child")
		require.NoError(t, err)
		defer child.Close()
		p := caller.CallSoon(ctx, c, sleeper(time.Second, 1))
		q := pending.Go(ctx, failer(time.Second, errTest))
		r := child.CallSoon(ctx, func(ctx context.Context) error { return loop.Sleep(ctx, time.Minute) })
		done, rest, err := group.Wait(ctx, []handle{p, q, r}, group.AllCompleted)
		require.NoError(t, err)
		require.Equal(t, []handle{p, q, r}, done)
		require.Empty(t, rest)
	})
}

func TestWait_LeavesNoCallbacksBehind(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, _ *caller.Caller) {
		p, done := pending.New[int](ctx), pending.New[int](ctx)
		done.SetResult(1)
		allocated := testing.AllocsPerRun(100, func() {
			_, _, err := group.Wait(ctx, []intP{p, done}, group.FirstCompleted)
			require.NoError(t, err)
		})
		require.Less(t, allocated, 100.0)
		p.SetResult(1)
	})
}

func TestWait_TheCallerStops(t *testing.T) {
	bubble(t, func(t *testing.T, c *caller.Caller) {
		never := pending.New[int](t.Context())
		var err error
		p := c.CallSoon(t.Context(), func(context.Context) error {
			_, _, err = group.Wait(context.Background(), []intP{never}, group.AllCompleted)
			return err
		})
		require.NoError(t, c.Do(t.Context(), func() {}))
		c.Stop(true)
		require.NoError(t, p.WaitDone(t.Context()))
		require.ErrorIs(t, err, loop.ErrStopped)
		require.False(t, never.Cancelled())
	})
}
