package caller_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
)

// S-13: zero and negative delays are at once, others in the order of their times.
func TestS13_CallLater(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		began := time.Now()
		var order trail[int]
		for _, d := range []int{50, -7, 10, 0, 30, 20, 40} {
			c.CallLater(t.Context(), time.Duration(d)*time.Second, func(ctx context.Context) error {
				require.Equal(t, time.Duration(max(d, 0))*time.Second, time.Since(began))
				order.add(d)
				return loop.Sleep(ctx, time.Hour)
			})
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []int{-7, 0, 10, 20, 30, 40, 50}, order.all())
	})
}

// Delays so long that they overflow are never due.
func TestCallLaterForEver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		p := c.CallLater(t.Context(), math.MaxInt64, nothing)
		require.NoError(t, c.CallLater(t.Context(), 24*365*time.Hour, nothing).WaitDone(t.Context()))
		require.False(t, p.IsDone())
		require.True(t, p.Cancel(""))
	})
}

// Delays count from the submission, however busy the thread is, and equal ones run in order, never early.
func TestCallLaterCountsFromSubmission(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		c.CallSoon(t.Context(), hold(3*time.Second))
		synctest.Wait()
		began := time.Now()
		var order trail[int]
		for i, d := range []time.Duration{2, 1, 2, 1, 5} {
			c.CallLater(t.Context(), d*time.Second, func(context.Context) error {
				order.add(i)
				require.Equal(t, max(3, d)*time.Second, time.Since(began))
				return nil
			})
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []int{1, 3, 0, 2, 4}, order.all())
	})
}

// Random delays with many ties, from on and off the thread: by time, and by submission where equal.
func TestCallLaterEqualDeadlinesInSubmissionOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		rnd := rand.New(rand.NewPCG(1, 2))
		type due struct{ at, n int }
		var want []due
		var got trail[due]
		submit := func(n int) {
			for i := range n {
				d := due{rnd.IntN(20), i}
				want = append(want, d)
				c.CallLater(t.Context(), time.Duration(d.at+1)*time.Second, record(&got, d))
			}
		}
		submit(500)
		require.NoError(t, c.Do(t.Context(), func() { submit(500) }))
		time.Sleep(time.Minute)
		synctest.Wait()
		slices.SortStableFunc(want, func(a, b due) int { return a.at - b.at })
		require.Equal(t, want, got.all())
	})
}

// In real time, too, nothing is early.
func TestCallLaterIsNeverEarly(t *testing.T) {
	realTime(t)
	c := start(t)
	for i := range 100 {
		d := time.Duration(i) * 50 * time.Microsecond
		began := time.Now()
		p := caller.CallLater(t.Context(), c, d, func(context.Context) (time.Duration, error) { return time.Since(began), nil })
		after, err := p.Wait(t.Context())
		require.NoError(t, err)
		require.GreaterOrEqual(t, after, d)
	}
}
