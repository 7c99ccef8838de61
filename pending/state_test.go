package pending_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/pending"
)

var (
	errBoom  = errors.New("boom")
	errOther = errors.New("other")
)

// P-01
func TestResultReachesWaitAndCallback(t *testing.T) {
	p := pending.New[int](never)
	var got []pending.Handle
	p.AddDoneCallback(func(h pending.Handle) { got = append(got, h) })

	require.True(t, p.SetResult(42))

	v, err := p.Wait(never)
	require.NoError(t, err)
	require.Equal(t, 42, v)
	require.Equal(t, []pending.Handle{p}, got)
	require.Same(t, p, got[0])
}

// P-04
func TestErrorIsTheSameEverywhere(t *testing.T) {
	p := pending.New[int](never)
	require.True(t, p.SetError(errBoom))

	_, err := p.Wait(never)
	require.Same(t, errBoom, err)
	_, err = p.Result()
	require.Same(t, errBoom, err)
	require.Same(t, errBoom, p.Err())
	require.False(t, p.Cancelled())

	p.SetCanceller(func(string) { t.Error("a canceller set too late was called") })
	require.False(t, p.Cancel("late"))
	require.Same(t, errBoom, p.Err())
}

func TestSetErrorOfNilIsAnError(t *testing.T) {
	p := pending.New[int](never)
	require.True(t, p.SetError(nil))
	require.Error(t, p.Err())
	require.False(t, p.Cancelled())
}

// Whatever ends a Pending first stays, and whatever comes later says so. P-05 and the done half of P-09.
func TestFirstOutcomeStays(t *testing.T) {
	ends := []struct {
		name  string
		end   func(*pending.Pending[int]) bool
		check func(*testing.T, *pending.Pending[int])
	}{
		{"SetResult", func(p *pending.Pending[int]) bool { return p.SetResult(1) },
			func(t *testing.T, p *pending.Pending[int]) { requireResult(t, p, 1) }},
		{"SetError", func(p *pending.Pending[int]) bool { return p.SetError(errBoom) },
			func(t *testing.T, p *pending.Pending[int]) {
				require.Same(t, errBoom, p.Err())
				require.False(t, p.Cancelled())
			}},
		{"Cancel", func(p *pending.Pending[int]) bool { return p.Cancel("first") },
			func(t *testing.T, p *pending.Pending[int]) {
				requireCancelled(t, p)
				require.Equal(t, "cancelled: first", p.Err().Error())
			}},
	}
	for _, first := range ends {
		t.Run("P-05/"+first.name, func(t *testing.T) {
			p := pending.New[int](never)
			calls := 0
			p.AddDoneCallback(func(pending.Handle) { calls++ })
			require.True(t, first.end(p))
			first.check(t, p)
			err := p.Err()
			require.False(t, p.SetResult(2))
			require.False(t, p.SetError(errOther))
			require.False(t, p.Cancel("second"))
			first.check(t, p)
			require.Equal(t, err, p.Err())
			require.Equal(t, 1, calls)
		})
	}
}

// P-06: before there is an outcome there is none to be had, cancelled or not.
func TestNotDone(t *testing.T) {
	p := pending.New[int](never)
	check := func() {
		t.Helper()
		_, err := p.Result()
		require.ErrorIs(t, err, pending.ErrNotDone)
		require.NotErrorIs(t, err, pending.ErrCancelled)
		requireOpen(t, p)
		require.False(t, closed(p.Done()))
	}
	check()
	require.False(t, p.Cancelled())
	p.SetCanceller(func(string) {})
	p.Cancel("")
	check()
	require.True(t, p.Cancelled())
	p.SetResult(1)
}

func TestDoneIsClosed(t *testing.T) {
	t.Run("asked for before the end", func(t *testing.T) {
		p := pending.New[int](never)
		done := p.Done()
		require.False(t, closed(done))
		p.SetResult(1)
		require.True(t, closed(done))
		require.Equal(t, done, p.Done())
	})
	t.Run("asked for after the end", func(t *testing.T) {
		p := pending.New[int](never)
		p.SetResult(1)
		require.True(t, closed(p.Done()))
	})
}

// The channel is closed, and the outcome there to be read, before the first callback runs.
func TestDoneBeforeCallbacks(t *testing.T) {
	p := pending.New[int](never)
	done := p.Done()
	p.AddDoneCallback(func(h pending.Handle) {
		require.True(t, h.IsDone())
		require.True(t, closed(done))
		require.NoError(t, h.Err())
	})
	p.SetResult(1)
}

func TestNewTakesNoEndFromItsContext(t *testing.T) {
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(never, key{}, "value"))
	p := pending.New[int](ctx)
	cancel()
	require.Equal(t, "value", p.Context().Value(key{}))
	requireOpen(t, p)
	require.True(t, p.SetResult(1))
}

func TestNewWithoutContextOrOptions(t *testing.T) {
	var none context.Context
	p := pending.New[int](none, nil)
	require.NotNil(t, p.Context())
	require.Empty(t, p.Metadata())
	p.SetResult(1)
}

func TestMetadataIsACopy(t *testing.T) {
	p := pending.New[int](never, pending.WithMetadata("a", 1), pending.WithMetadata("b", "two"))
	p.Metadata()["a"] = 2
	require.Equal(t, map[string]any{"a": 1, "b": "two"}, p.Metadata())
	p.SetResult(1)
	require.Equal(t, map[string]any{"a": 1, "b": "two"}, p.Metadata(), "kept for those who look later")
}

// A result may be anything, also what looks like an outcome of another kind. (S-02)
func TestResultIsNotInterpreted(t *testing.T) {
	inner := pending.New[int](never)
	p := pending.New[any](never)
	p.SetResult(inner)
	requireResult(t, p, any(inner))
	q := pending.New[error](never)
	q.SetResult(errBoom)
	requireResult(t, q, errBoom)
	requireOpen(t, inner)
}

// What cancelling does in each state of a call, as decided for S-08, P-09 and W-08: final where nothing
// has started, a request where something has, nothing where all is over.
func TestCancelInEachState(t *testing.T) {
	bubble(t, "queued S-06", func(t *testing.T) {
		l := manual(t)
		ran := false
		p := pending.Submit(never, l, 0, func(context.Context) (int, error) { ran = true; return 1, nil })
		require.True(t, p.Cancel("no"))
		requireCancelled(t, p)
		require.Equal(t, "cancelled: no", p.Err().Error())
		drive(l)
		require.False(t, ran)
	})
	bubble(t, "delayed L-11", func(t *testing.T) {
		l := manual(t)
		ran := false
		p := pending.Submit(never, l, hour, func(context.Context) (int, error) { ran = true; return 1, nil })
		require.True(t, p.Cancel("no"))
		requireCancelled(t, p)
		require.Zero(t, l.Stats().Timers, "the timer is gone")
		time.Sleep(2 * hour)
		drive(l)
		require.False(t, ran)
	})
	bubble(t, "running", func(t *testing.T) {
		l := manual(t)
		p := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
			self := pending.Current(ctx)
			require.NoError(t, ctx.Err())
			require.True(t, self.Cancel("stop"))
			require.True(t, self.Cancelled())
			requireOpen(t, self)
			require.ErrorIs(t, ctx.Err(), context.Canceled)
			return 1, nil
		})
		drive(l)
		requireCancelled(t, p)
	})
	bubble(t, "suspended S-07", func(t *testing.T) {
		l, cleaned := running(t), newGate()
		var seen error
		p := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
			_, seen = newGate().Wait(ctx)
			_, err := cleaned.Wait(never)
			return 1, err
		})
		synctest.Wait()
		require.True(t, p.Cancel("once"))
		require.True(t, p.Cancel("twice"))
		open(cleaned)
		synctest.Wait()
		require.ErrorIs(t, seen, context.Canceled, "the body sees it where it is suspended")
		requireCancelled(t, p)
		require.Equal(t, "cancelled: once; twice", p.Err().Error())
	})
	bubble(t, "suspended and unwilling P-09", func(t *testing.T) {
		l := running(t)
		g := newGate()
		p := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
			_, err := g.Wait(ctx, pending.Shield())
			return 1, err
		})
		synctest.Wait()
		require.True(t, p.Cancel(""))
		synctest.Wait()
		require.True(t, p.Cancelled())
		requireOpen(t, p)
		open(g)
		synctest.Wait()
		requireCancelled(t, p)
		_, err := p.Result()
		require.Equal(t, "cancelled", err.Error(), "the value is dropped")
	})
	bubble(t, "over", func(t *testing.T) {
		l := manual(t)
		p := pending.Submit(never, l, 0, constant(1))
		drive(l)
		require.False(t, p.Cancel("late"))
		requireResult(t, p, 1)
	})
	bubble(t, "on a goroutine", func(t *testing.T) {
		p := pending.Go(never, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 1, nil
		})
		synctest.Wait()
		requireOpen(t, p)
		require.True(t, p.Cancel("stop"))
		synctest.Wait()
		requireCancelled(t, p)
	})
}
