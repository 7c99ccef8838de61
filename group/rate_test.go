package group_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller/callertest"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

const ms = time.Millisecond

func TestRateLimitedMisuse_E04(t *testing.T) {
	fn := func(context.Context) (int, error) { panic("not reached") }
	for _, l := range []group.Rate{
		{}, {MaxCalls: 1}, {Period: 1}, {MaxCalls: -1, Period: 1}, {MaxCalls: 1, Period: -1}, {MaxCalls: 1, Period: 1, MinGap: -1},
	} {
		limited := group.RateLimited(fn, l)
		for range 2 {
			v, err := limited(t.Context())
			require.ErrorIs(t, err, group.ErrInvalid, "%+v", l)
			require.Zero(t, v)
		}
	}
	_, err := group.RateLimited[int](nil, group.Rate{MaxCalls: 1, Period: 1})(t.Context())
	require.ErrorIs(t, err, group.ErrInvalid)
	require.ErrorIs(t, err, loop.ErrNilFunc)
}

// starts runs n calls at once and returns when each began.
func starts(t *testing.T, start spawn, n int, l group.Rate, fn func(context.Context) error) []time.Duration {
	t.Helper()
	began := time.Now()
	var times log[time.Duration]
	limited := group.RateLimited(func(ctx context.Context) (int, error) {
		times.add(time.Since(began))
		return 7, fn(ctx)
	}, l)
	calls := make([]*pending.Pending[pending.None], n)
	for i := range calls {
		calls[i] = start(t.Context(), func(ctx context.Context) error {
			v, err := limited(ctx)
			if err == nil && v != 7 {
				err = fmt.Errorf("%d", v)
			}
			return err
		})
	}
	succeed(t, calls...)
	return times.all()
}

func TestRateLimited_E05(t *testing.T) {
	nothing := func(context.Context) error { return nil }
	tests := map[string]struct {
		l    group.Rate
		fn   func(context.Context) error
		want []time.Duration
	}{
		"2 per s, gap 0.2": {group.Rate{MaxCalls: 2, Period: time.Second, MinGap: 200 * ms}, nothing,
			[]time.Duration{0, 200 * ms, 1000 * ms, 1200 * ms, 2000 * ms, 2200 * ms, 3000 * ms, 3200 * ms, 4000 * ms, 4200 * ms}},
		"no gap":             {group.Rate{MaxCalls: 2, Period: time.Second}, nothing, []time.Duration{0, 0, 1000 * ms, 1000 * ms, 2000 * ms}},
		"one at a time":      {group.Rate{MaxCalls: 1, Period: 10 * ms}, nothing, []time.Duration{0, 10 * ms, 20 * ms}},
		"a gap alone counts": {group.Rate{MaxCalls: 1, Period: 1, MinGap: time.Second}, nothing, []time.Duration{0, 1000 * ms, 2000 * ms}},
		"slow calls overlap": {group.Rate{MaxCalls: 2, Period: time.Second}, func(ctx context.Context) error { return loop.Sleep(ctx, time.Hour) },
			[]time.Duration{0, 0, 1000 * ms, 1000 * ms}},
		"no limit to speak of": {group.Rate{MaxCalls: math.MaxInt, Period: math.MaxInt64}, nothing, make([]time.Duration, 9)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			spawning(t, func(t *testing.T, start spawn) {
				require.Equal(t, tt.want, starts(t, start, len(tt.want), tt.l, tt.fn))
			})
		})
	}
}

// The gap counts also from a start that is older than Period.
func TestRateLimitedLongGap_E05(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		began := time.Now()
		var times log[time.Duration]
		limited := group.RateLimited(func(context.Context) (int, error) {
			times.add(time.Since(began))
			return 0, nil
		}, group.Rate{MaxCalls: 2, Period: 100 * ms, MinGap: time.Second})
		for range 3 {
			succeed(t, start(t.Context(), func(ctx context.Context) error {
				_, err := limited(ctx)
				return err
			}))
			time.Sleep(500 * ms)
		}
		require.Equal(t, []time.Duration{0, 1000 * ms, 2000 * ms}, times.all())
	})
}

func TestRateLimitedIsFair_E05(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		var order log[int]
		var calls []*pending.Pending[pending.None]
		type key struct{}
		limited := group.RateLimited(func(ctx context.Context) (int, error) {
			order.add(ctx.Value(key{}).(int))
			return 0, nil
		}, group.Rate{MaxCalls: 1, Period: time.Second})
		for i := range 50 {
			calls = append(calls, start(context.WithValue(t.Context(), key{}, i), func(ctx context.Context) error {
				_, err := limited(ctx)
				return err
			}))
			synctest.Wait()
		}
		succeed(t, calls...)
		require.Equal(t, upTo(50), order.all())
	})
}

// Those who leave cost the others nothing: one who waits for its time, one who waits in line, and one whose
// caller stops.
func TestRateLimitedIsGivenUp_E05(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		began, doomed := time.Now(), callertest.New(t)
		limited := group.RateLimited(func(ctx context.Context) (time.Duration, error) {
			return time.Since(began), ctx.Err()
		}, group.Rate{MaxCalls: 1, Period: time.Second})
		ask := func(ctx context.Context) error {
			_, err := limited(ctx)
			return err
		}
		succeed(t, start(t.Context(), ask))
		var left []*pending.Pending[pending.None]
		for _, d := range []time.Duration{100 * ms, 50 * ms, 200 * ms} {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			left = append(left, start(ctx, ask))
			synctest.Wait()
		}
		stopped := doomed.CallSoon(t.Context(), ask)
		synctest.Wait()
		var at time.Duration
		last := start(t.Context(), func(ctx context.Context) (err error) {
			at, err = limited(ctx)
			return err
		})
		time.Sleep(300 * ms)
		require.NoError(t, doomed.Close())
		succeed(t, last)
		require.Equal(t, time.Second, at)
		require.ErrorIs(t, stopped.Err(), loop.ErrStopped)
		for _, p := range left {
			require.NoError(t, p.WaitDone(t.Context()))
			require.ErrorIs(t, p.Err(), context.DeadlineExceeded)
		}
	})
}

// What becomes of fn is its caller's business; it has started, and counts.
func TestRateLimitedFunctionFails(t *testing.T) {
	for name, fn := range endings {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c, began := callertest.New(t), time.Now()
				limited := group.RateLimited(func(ctx context.Context) (time.Duration, error) {
					return time.Since(began), fn(ctx)
				}, group.Rate{MaxCalls: 1, Period: time.Minute})
				ask := func(ctx context.Context) error {
					_, err := limited(ctx)
					return err
				}
				for range 3 {
					p := c.CallSoon(t.Context(), ask)
					require.NoError(t, p.WaitDone(t.Context()))
					require.Equal(t, name != "return", p.Err() != nil, p)
				}
				require.Equal(t, 2*time.Minute, time.Since(began).Truncate(time.Minute))
			})
		})
	}
}

// A limited function may call itself.
func TestRateLimitedIsReentrant(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		began := time.Now()
		var limited func(context.Context) (int, error)
		deep := 0
		limited = group.RateLimited(func(ctx context.Context) (int, error) {
			if deep++; deep == 5 {
				return deep, nil
			}
			return limited(ctx)
		}, group.Rate{MaxCalls: 1, Period: time.Second})
		succeed(t, start(t.Context(), func(ctx context.Context) error {
			_, err := limited(ctx)
			return err
		}))
		require.Equal(t, 4*time.Second, time.Since(began))
	})
}

// In every window there are at most MaxCalls starts, and all gaps are kept, whoever leaves in between.
func TestRateLimitedHammer_E05(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := group.Rate{MaxCalls: 5, Period: 100 * ms, MinGap: 7 * ms}
		var times log[time.Time]
		limited := group.RateLimited(func(context.Context) (int, error) {
			times.add(time.Now())
			return 0, nil
		}, l)
		hammer(t, 2000, func(ctx context.Context, i int) error {
			rnd := rand.New(rand.NewPCG(2, uint64(i)))
			if err := loop.Sleep(ctx, time.Duration(rnd.IntN(20_000))*ms); err != nil {
				return err
			}
			if i%2 == 0 {
				var cancel func()
				ctx, cancel = context.WithTimeout(ctx, time.Duration(rnd.IntN(1000))*ms)
				defer cancel()
			}
			_, _ = limited(ctx)
			return nil
		})
		all := times.all()
		require.GreaterOrEqual(t, len(all), 1000)
		for i := range all {
			if i >= 1 {
				require.GreaterOrEqual(t, all[i].Sub(all[i-1]), l.MinGap)
			}
			if i >= l.MaxCalls {
				require.GreaterOrEqual(t, all[i].Sub(all[i-l.MaxCalls]), l.Period)
			}
		}
	})
}
