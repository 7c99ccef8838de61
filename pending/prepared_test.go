package pending_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// counted is a place that counts the calls that have ended there.
func counted(l *loop.Loop) (*pending.Place, *atomic.Int32) {
	n := new(atomic.Int32)
	return &pending.Place{Loop: l, Ended: func(*pending.Prepared) { n.Add(1) }}, n
}

// A prepared call runs where it is brought, after places that would not have it, and each place is told of the
// calls that end there, once.
func TestPreparedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped, l := loop.New(), running(t, loop.WithName("second"))
		stopped.Stop()
		waiting, waited := counted(nil)
		refusing, refused := counted(stopped)
		taking, took := counted(l)
		p, call := pending.Prepare(never, nil, waiting, func(ctx context.Context) (*loop.Loop, error) {
			require.Zero(t, took.Load(), "it goes on")
			return loop.Current(ctx), nil
		})
		require.Nil(t, loop.Current(p.Context()))
		taken, err := call.On(refusing)
		require.ErrorIs(t, err, loop.ErrStopped)
		require.False(t, taken)
		require.Nil(t, loop.Current(p.Context()))
		require.False(t, call.Over())
		taken, err = call.On(taking)
		require.NoError(t, err)
		require.True(t, taken)
		v, err := p.Wait(never)
		require.NoError(t, err)
		require.Same(t, l, v)
		require.Same(t, l, loop.Current(p.Context()))
		require.Contains(t, p.String(), `on "second"`)
		require.True(t, call.Over())
		require.EqualValues(t, []int32{0, 0, 1}, []int32{waited.Load(), refused.Load(), took.Load()})
	})
}

// However a call ends, whoever has it is told before anybody can see it.
func TestPreparedEnded(t *testing.T) {
	for name, end := range map[string]func(p *pending.Pending[int], call *pending.Prepared, on *pending.Place){
		"abort":      func(_ *pending.Pending[int], call *pending.Prepared, _ *pending.Place) { call.Abort(errBoom) },
		"cancel":     func(p *pending.Pending[int], _ *pending.Prepared, _ *pending.Place) { p.Cancel("") },
		"set result": func(p *pending.Pending[int], _ *pending.Prepared, _ *pending.Place) { p.SetResult(1) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var self pending.Handle
				told := 0
				waiting := &pending.Place{Ended: func(*pending.Prepared) {
					told++
					require.False(t, self.IsDone())
				}}
				on, n := counted(running(t))
				p, call := pending.Prepare(never, nil, waiting, func(context.Context) (int, error) { panic("it runs") })
				self = p
				end(p, call, on)
				require.True(t, p.IsDone())
				require.Equal(t, 1, told)
				taken, err := call.On(on)
				require.NoError(t, err)
				require.False(t, taken)
				synctest.Wait()
				require.Zero(t, n.Load())
			})
		})
	}
	t.Run("no function", func(t *testing.T) {
		place, n := counted(nil)
		p, call := pending.Prepare[int](never, nil, place, nil)
		require.ErrorIs(t, p.Err(), loop.ErrNilFunc)
		require.True(t, call.Over())
		require.EqualValues(t, 1, n.Load())
	})
}

// Cancelled while it is handed over, a call ends with exactly one of the places.
func TestPreparedOnAndCancelRace(t *testing.T) {
	l := running(t)
	const n = 2000
	var first, last [n]*atomic.Int32
	var calls [n]*pending.Prepared
	var ps [n]*pending.Pending[int]
	var places [n]*pending.Place
	var taken [n]bool
	for i := range n {
		var waiting *pending.Place
		waiting, first[i] = counted(nil)
		places[i], last[i] = counted(l)
		ps[i], calls[i] = pending.Prepare(never, nil, waiting, func(context.Context) (int, error) { return 1, nil })
	}
	lockstep(n,
		func(i int) { ps[i].Cancel("") },
		func(i int) { taken[i], _ = calls[i].On(places[i]) })
	for i := range n {
		require.NoError(t, ps[i].WaitDone(never))
		require.EqualValues(t, 1, first[i].Load()+last[i].Load())
		require.Equal(t, taken[i], last[i].Load() == 1)
	}
}

// Halt ends the context of a call on a goroutine, as the stop of its loop would.
func TestPreparedHalt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		left := make(chan struct{})
		p, call := pending.Prepare(never, l, nil, func(ctx context.Context) (int, error) {
			require.Same(t, l, loop.Current(ctx))
			<-ctx.Done()
			require.ErrorIs(t, context.Cause(ctx), loop.ErrStopped)
			return 0, ctx.Err()
		})
		call.Go(func(run func()) {
			defer close(left)
			run()
		})
		synctest.Wait()
		call.Halt()
		<-left
		requireCancelled(t, p)
		require.ErrorIs(t, p.Err(), loop.ErrStopped)
	})
}

// WithTrackers replaces what is active, T-09.
func TestWithTrackers(t *testing.T) {
	a, b := pending.NewManager(), pending.NewManager()
	ctx := pending.WithTrackers(pending.NewManager().Context(never), a, nil, b)
	require.Equal(t, []pending.Tracker{a, b}, pending.Trackers(ctx))
	require.Empty(t, pending.Trackers(pending.WithTrackers(ctx)))
	require.Empty(t, pending.Trackers(pending.WithTracker(ctx, nil)))
}
