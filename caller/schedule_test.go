package caller_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/pending"
)

// S-17: what is asked for is what is done, of each kind of call.
func TestScheduleCall_S17(t *testing.T) {
	for name, where := range map[string][]caller.CallOption{
		"on the thread": nil,
		"told so":       {caller.InWorker(), nil, caller.On(caller.Thread)},
		"as a guest":    {caller.On(caller.Goroutine)},
		"in a worker":   {caller.On(caller.Goroutine), caller.InWorker()},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := start(t)
				m, other := pending.NewManager(), pending.NewManager()
				began := time.Now()
				p := caller.ScheduleCall(m.Context(t.Context()), c, whoRuns, append(where,
					caller.Delay(time.Second),
					caller.Metadata("a", 1),
					caller.Protected(),
					caller.TrackedBy(other, nil, m),
				)...)
				require.Equal(t, map[string]any{"a": 1}, p.Metadata())
				require.Equal(t, []pending.Handle{p}, m.Pending())
				require.Equal(t, []pending.Handle{p}, other.Pending())
				ended, cancel := context.WithCancel(t.Context())
				cancel()
				require.Error(t, p.WaitDone(ended))
				require.False(t, p.Cancelled())
				synctest.Wait()
				k, err := p.Wait(t.Context())
				require.NoError(t, err)
				require.Equal(t, time.Second, time.Since(began))
				require.Equal(t, name == "in a worker", k != c)
				require.Empty(t, m.Pending())

				// Cancelled before its time it does not run, and leaves nothing.
				p = caller.ScheduleCall(t.Context(), c, func(context.Context) (*caller.Caller, error) { panic("it runs") }, append(where, caller.Delay(time.Hour))...)
				require.Equal(t, 1, c.Stats().Timers)
				require.True(t, p.Cancel(""))
				require.True(t, p.IsDone())
				require.Zero(t, c.Stats().Timers)
				ctx, stop := context.WithTimeout(t.Context(), time.Second)
				defer stop()
				p = caller.ScheduleCall(ctx, c, whoRuns, append(where, caller.Delay(time.Hour))...)
				time.Sleep(time.Second)
				synctest.Wait()
				require.True(t, p.IsDone())
				require.ErrorIs(t, p.Err(), context.DeadlineExceeded)
			})
		})
	}
}

// T-08, T-09: a call is tracked by exactly those that are named, and so is what it starts in turn.
func TestTrackedBy_T08_T09(t *testing.T) {
	for name, where := range map[string]caller.CallOption{
		"on the thread": caller.On(caller.Thread),
		"as a guest":    caller.On(caller.Goroutine),
		"in a worker":   caller.InWorker(),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := start(t)
				m, named := pending.NewManager(), pending.NewManager()
				seen := func(opts ...caller.CallOption) (grandchild pending.Handle) {
					p := caller.ScheduleCall(m.Context(t.Context()), c, func(ctx context.Context) (pending.Handle, error) {
						return caller.CallSoon(ctx, c, func(ctx context.Context) (pending.Handle, error) {
							return c.CallSoon(ctx, suspend), nil
						}).Wait(ctx)
					}, append(opts, where)...)
					grandchild, err := p.Wait(t.Context())
					require.NoError(t, err)
					return grandchild
				}
				require.Equal(t, []pending.Handle{seen()}, m.Pending())
				seen(caller.TrackedBy())
				require.Len(t, m.Pending(), 1)
				require.Equal(t, []pending.Handle{seen(caller.TrackedBy(named))}, named.Pending())
				require.Len(t, m.Pending(), 1)
			})
		})
	}
}

// Of the ways to hand over a call, those on the thread cost one allocation.
func TestCallSoonAllocatesOnce(t *testing.T) {
	if raceEnabled || runtime.GOARCH == "wasm" {
		t.Skip("the race detector allocates, and so does looking for one's goroutine on wasm")
	}
	c := manual(t)
	ctx := context.Background()
	for name, row := range map[string]struct {
		fn   func()
		most float64
	}{
		"CallSoon":         {func() { caller.CallSoon(ctx, c, one) }, 1},
		"CallUsingBackend": {func() { caller.CallUsingBackend(ctx, c, caller.Thread, one) }, 1},
	} {
		got := testing.AllocsPerRun(1000, func() {
			row.fn()
			c.Loop().RunPending()
		})
		require.LessOrEqual(t, got, row.most, name)
	}
}

func TestCallSoonAndWaitAllocates3Times(t *testing.T) {
	if raceEnabled || runtime.GOARCH == "wasm" {
		t.Skip("the race detector allocates, and so does looking for one's goroutine on wasm")
	}
	c := start(t)
	ctx := context.Background()
	got := testing.AllocsPerRun(1000, func() { _, _ = caller.CallSoon(ctx, c, one).Wait(ctx) })
	require.LessOrEqual(t, got, 3.0)
}
