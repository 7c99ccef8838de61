package group_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller/callertest"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
)

func TestEventWait_K04(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		var e group.Event
		require.False(t, e.IsSet())
		p := start(t.Context(), e.Wait)
		q := start(t.Context(), e.Wait)
		synctest.Wait()
		require.False(t, p.IsDone() || q.IsDone())
		e.Set()
		e.Clear() // who waited was told all the same
		late := start(t.Context(), e.Wait)
		succeed(t, p, q)
		synctest.Wait()
		require.False(t, late.IsDone() || e.IsSet())
		e.Set()
		e.Set()
		succeed(t, late, start(t.Context(), e.Wait))
		require.True(t, e.IsSet())
	})
}

// K-04: a timeout ends the wait; one of zero is an instant check.
func TestEventTimeout_K04(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		for _, timeout := range []time.Duration{time.Hour, 0, -1} {
			var e group.Event
			wait := func(ctx context.Context) error {
				ctx, cancel := context.WithTimeout(ctx, timeout)
				defer cancel()
				return e.Wait(ctx)
			}
			began := time.Now()
			p := start(t.Context(), wait)
			require.NoError(t, p.WaitDone(t.Context()))
			require.ErrorIs(t, p.Err(), context.DeadlineExceeded)
			require.Equal(t, max(0, timeout), time.Since(began))
			e.Set()
			succeed(t, start(t.Context(), wait))
		}
	})
}

func TestWaitEvent_K05(t *testing.T) {
	set := func(events ...*group.Event) {
		for _, e := range events {
			e.Set()
		}
	}
	tests := map[string]struct {
		before, later func(e, stop *group.Event)
		want          bool
	}{
		"e is set":       {before: func(e, _ *group.Event) { set(e) }, want: true},
		"stop is set":    {before: func(_, stop *group.Event) { set(stop) }},
		"both are set":   {before: func(e, stop *group.Event) { set(e, stop) }},
		"e fires":        {later: func(e, _ *group.Event) { set(e) }, want: true},
		"e fires, once":  {later: func(e, _ *group.Event) { set(e); e.Clear() }, want: true},
		"stop is first":  {later: func(e, stop *group.Event) { set(stop, e) }},
		"stop comes":     {later: func(_, stop *group.Event) { set(stop) }},
		"stop, at once":  {later: func(_, stop *group.Event) { set(stop); stop.Clear() }},
		"set in between": {before: func(_, stop *group.Event) { set(stop); stop.Clear() }, later: func(e, _ *group.Event) { set(e) }, want: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			spawning(t, func(t *testing.T, start spawn) {
				var e, stop group.Event
				if tt.before != nil {
					tt.before(&e, &stop)
				}
				got := !tt.want
				p := start(t.Context(), func(ctx context.Context) (err error) {
					got, err = group.WaitEvent(ctx, &e, &stop)
					return err
				})
				if tt.later != nil {
					synctest.Wait()
					require.False(t, p.IsDone())
					began := time.Now()
					tt.later(&e, &stop)
					succeed(t, p)
					require.Zero(t, time.Since(began))
				}
				succeed(t, p)
				require.Equal(t, tt.want, got)
				require.Zero(t, e.Waiting()+stop.Waiting(), "somebody is left in line")
			})
		})
	}
}

func TestWaitEventIsGivenUp_K05(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		var e, stop group.Event
		ctx, cancel := context.WithCancel(t.Context())
		p := start(ctx, func(ctx context.Context) error {
			fired, err := group.WaitEvent(ctx, &e, &stop)
			assert.False(t, fired)
			return err
		})
		synctest.Wait()
		require.Equal(t, 2, e.Waiting()+stop.Waiting())
		cancel()
		require.NoError(t, p.WaitDone(t.Context()))
		require.ErrorIs(t, p.Err(), context.Canceled)
		require.Zero(t, e.Waiting()+stop.Waiting())
	})
}

func TestWaitEventMisuse_K05(t *testing.T) {
	fired, err := group.WaitEvent(t.Context(), nil, new(group.Event))
	require.ErrorIs(t, err, group.ErrInvalid)
	require.False(t, fired)
}

func TestEventCallerStops_K04(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c, e := callertest.New(t), new(group.Event)
		var got, instant error
		p := c.CallSoon(t.Context(), func(context.Context) error {
			got = e.Wait(context.Background())
			e.Set()
			instant = e.Wait(context.Background())
			return got
		})
		synctest.Wait()
		require.NoError(t, c.Close())
		require.True(t, p.Cancelled())
		require.ErrorIs(t, got, loop.ErrStopped)
		require.NoError(t, instant)
	})
}
