package group_test

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// meter counts calls in progress. Its calls may run on several goroutines, of which one moves at a time as
// long as they only sleep.
type meter struct {
	now, most, started int
	step               chan struct{}
}

func newMeter() *meter { return &meter{step: make(chan struct{}, 1)} }

func (m *meter) add(n int) {
	m.step <- struct{}{}
	m.now += n
	m.most = max(m.most, m.now)
	if n > 0 {
		m.started++
	}
	<-m.step
}

func (m *meter) call(d time.Duration, v int, err error) intFn {
	return func(ctx context.Context) (int, error) {
		m.add(1)
		defer m.add(-1)
		return v, errors.Join(loop.Sleep(ctx, d), err)
	}
}

func (m *meter) calls(n int, d time.Duration) iter.Seq[intFn] {
	return func(yield func(intFn) bool) {
		for i := range n {
			if !yield(m.call(d, i, nil)) {
				return
			}
		}
	}
}

func TestCollect_E07(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		for _, row := range []struct {
			n       int
			options []group.Option
			most    int
			took    time.Duration
		}{
			{0, nil, 0, 0},
			{10, nil, 10, time.Second},
			{10, []group.Option{group.Workers(3)}, 3, 4 * time.Second},
			{2000, nil, 1024, 2 * time.Second},
		} {
			m, start := newMeter(), time.Now()
			got, err := group.Collect(ctx, m.calls(row.n, time.Second), row.options...)
			require.NoError(t, err)
			require.Len(t, got, row.n)
			require.True(t, slices.IsSorted(got))
			require.Equal(t, row.most, m.most)
			require.Equal(t, row.took, time.Since(start))
		}
	})
}

func TestCollect_E08_TheFirstInOrderThatFails(t *testing.T) {
	for _, keep := range []bool{false, true} {
		everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
			m := newMeter()
			open := make(chan error, 1)
			calls := []intFn{
				m.call(time.Second, 0, nil),
				m.call(3*time.Second, 1, errTest),
				m.call(time.Second, 2, errOther),
				func(ctx context.Context) (int, error) {
					err := loop.Sleep(ctx, time.Minute)
					open <- err
					return 3, err
				},
			}
			var options []group.Option
			if keep {
				options = append(options, group.KeepUnfinished())
			}
			_, err := group.Collect(ctx, slices.Values(calls), options...)
			require.ErrorIs(t, err, errTest)
			require.NotErrorIs(t, err, errOther)
			outcome, _, rerr := loop.Receive(ctx, open)
			require.NoError(t, rerr)
			require.Equal(t, keep, outcome == nil)
		})
	}
}

func TestResolve_E09_AFailureIsAtItsPlace(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		m := newMeter()
		calls := []intFn{
			m.call(3*time.Second, 0, nil), m.call(2*time.Second, 1, nil), m.call(time.Second, 2, nil),
			m.call(0, 3, errTest), nil, func(context.Context) (int, error) { panic(errOther) },
			func(context.Context) (int, error) { runtime.Goexit(); return 0, nil }, m.call(0, 7, nil),
		}
		wants := map[int]error{3: errTest, 4: loop.ErrNilFunc, 5: errOther, 6: pending.ErrGoexit}
		i := 0
		for v, err := range group.Resolve(ctx, slices.Values(calls)) {
			if want := wants[i]; want != nil {
				require.ErrorIs(t, err, want)
			} else {
				require.NoError(t, err)
				require.Equal(t, i, v)
			}
			i++
		}
		require.Equal(t, len(calls), i)
	})
}

func TestResolve_Greediness(t *testing.T) {
	for _, row := range []struct {
		options []group.Option
		started int // the first, which takes its time, those whose results wait, and the one after them
	}{
		{nil, 100},
		{[]group.Option{group.Greediness(5)}, 1 + 5 + 1},
		{[]group.Option{group.Greediness(5), group.Workers(2)}, 1 + 5},
	} {
		everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
			m := newMeter()
			calls := func(yield func(intFn) bool) {
				_ = yield(m.call(time.Hour, -1, nil)) && func() bool {
					for i := range 99 {
						if !yield(m.call(time.Second, i, nil)) {
							return false
						}
						if loop.Sleep(ctx, 2*time.Second) != nil { // those that have been started end
							return false
						}
					}
					return true
				}()
			}
			for v, err := range group.Resolve(ctx, calls, row.options...) {
				require.NoError(t, err)
				require.Equal(t, -1, v)
				require.Equal(t, row.started, m.started)
				break
			}
		})
	}
}

func TestResolve_RunsOnTheCallerOfItsContext(t *testing.T) {
	bubble(t, func(t *testing.T, c *caller.Caller) {
		where := func(ctx context.Context) (*caller.Caller, error) { return caller.Current(ctx), nil }
		calls := []func(context.Context) (*caller.Caller, error){where, where}
		got, err := group.Collect(t.Context(), slices.Values(calls))
		require.NoError(t, err)
		require.Equal(t, []*caller.Caller{nil, nil}, got)
		onCaller(t, c, func(ctx context.Context) {
			got, err := group.Collect(ctx, slices.Values(calls))
			require.NoError(t, err)
			require.Equal(t, []*caller.Caller{c, c}, got)
		})
	})
}

func TestResolve_InAGroup(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		var child intP
		require.NoError(t, group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
			_, err := group.Collect(ctx, slices.Values([]intFn{
				func(ctx context.Context) (int, error) {
					child = caller.CallSoon(ctx, c, sleeper(time.Hour, 1))
					return 0, errTest // dealt with here
				},
			}))
			require.ErrorIs(t, err, errTest)
			require.False(t, g.Cancelled())
			require.Equal(t, []handle{child}, g.Pending())
			return nil
		}))
		require.NoError(t, child.Err())
	})
}

func TestResolve_LeavingTheLoop(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		ends := make(chan error, 1)
		for range group.Resolve(ctx, slices.Values([]intFn{sleeper(time.Second, 1), func(ctx context.Context) (int, error) {
			ends <- loop.Sleep(ctx, time.Hour)
			return 0, nil
		}})) {
			break
		}
		err, _, rerr := loop.Receive(ctx, ends)
		require.NoError(t, rerr)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestResolve_TheContextEnds(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		m := newMeter()
		limited, cancel := context.WithTimeout(ctx, 1500*time.Millisecond)
		defer cancel()
		var got []int
		var last error
		for v, err := range group.Resolve(limited, slices.Values([]intFn{m.call(time.Second, 1, nil), m.call(time.Hour, 2, nil)})) {
			if err == nil {
				got = append(got, v)
			}
			last = err
		}
		require.Equal(t, []int{1}, got)
		require.ErrorIs(t, last, context.DeadlineExceeded)
		endless := func(yield func(intFn) bool) {
			for yield(sleeper(0, 1)) {
			}
		}
		_, err := group.Collect(limited, endless)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestResolve_TheSourcePanics(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		got, err := 0, error(nil)
		for _, err = range group.Resolve(ctx, func(yield func(intFn) bool) {
			yield(sleeper(time.Second, 1))
			panic(errTest)
		}) {
			got++
		}
		require.Equal(t, 2, got)
		var panicked *pending.PanicError
		require.ErrorAs(t, err, &panicked)
		require.ErrorIs(t, err, errTest)
	})
}

func TestResolve_Misuse(t *testing.T) {
	_, err := group.Collect[int](t.Context(), nil, group.Workers(0))
	require.ErrorIs(t, err, group.ErrInvalid)
	got, err := group.Collect[int](t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, got)
}

// A context that ends once all results are there ends nothing any more.
func TestResolve_TheEndAfterTheLastResult(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		inner, cancel := context.WithCancel(ctx)
		defer cancel()
		got := 0
		for v, err := range group.Resolve(inner, slices.Values([]intFn{sleeper(1, 1), sleeper(2, 2), sleeper(3, 3)})) {
			require.NoError(t, err)
			if got++; v == 3 {
				cancel()
			}
		}
		require.Equal(t, 3, got)
	})
}
