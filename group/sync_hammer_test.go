package group_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/caller/callertest"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// hammer has n tasks run fn at the same time, a third of them on goroutines and the others on two callers.
func hammer(t *testing.T, n int, fn func(ctx context.Context, i int) error) {
	t.Helper()
	ctx := context.Background()
	one, two := callertest.New(t, caller.WithSlowCall(0)), callertest.New(t, caller.WithSlowCall(0))
	calls := make([]*pending.Pending[pending.None], n)
	for i := range calls {
		body := func(ctx context.Context) error { return fn(ctx, i) }
		switch i % 3 {
		case 0:
			calls[i] = one.CallSoon(ctx, body)
		case 1:
			calls[i] = two.CallSoon(ctx, body)
		default:
			calls[i] = pending.Go(ctx, func(ctx context.Context) (pending.None, error) { return pending.None{}, body(ctx) })
		}
	}
	succeed(t, calls...)
}

// TestLockHammer has waits given up while the lock is passed on among the others.
func TestLockHammer(t *testing.T) {
	var mu sync.Mutex
	count, given := 0, 0
	hammer(t, 300, func(ctx context.Context, i int) error {
		for j := range 20 {
			limit := time.Hour
			if (i+j)%3 == 0 {
				limit = time.Duration(j) * 20 * time.Microsecond
			}
			ctx, cancel := context.WithTimeout(ctx, limit)
			unlock, err := group.Lock(ctx, &mu)
			cancel()
			if errors.Is(err, context.DeadlineExceeded) {
				if unlock, err = group.Lock(context.Background(), &mu); err != nil {
					return err
				}
				given++
			} else if err != nil {
				return err
			}
			count++
			if j%5 == 0 {
				err = loop.Yield(context.Background())
			}
			unlock()
			if err != nil {
				return err
			}
		}
		return nil
	})
	mu.Lock() // those who have given it up hand it on
	defer mu.Unlock()
	require.Equal(t, 300*20, count)
	t.Log(given, "were given up")
}

// TestMutexHammer counts without any other lock; the race detector would tell.
func TestMutexHammer(t *testing.T) {
	var m group.Mutex
	count, inside := 0, false
	hammer(t, 3000, func(ctx context.Context, i int) error {
		return m.With(ctx, func(ctx context.Context) error {
			if inside {
				t.Error("two are inside")
			}
			inside = true
			defer func() { inside = false }()
			seen := count
			if i%7 == 0 {
				if err := loop.Yield(ctx); err != nil {
					return err
				}
			}
			return m.With(ctx, func(context.Context) error {
				count = seen + 1
				return nil
			})
		})
	})
	require.Equal(t, 3000, count)
}

// A mutex is freed by a call that is dropped together with its caller, while goroutines wait for it.
func TestMutexStorm(t *testing.T) {
	var m group.Mutex
	for range 20 {
		c := callertest.New(t, caller.WithSlowCall(0))
		for range 50 {
			c.CallSoon(t.Context(), func(ctx context.Context) error {
				return m.With(ctx, func(ctx context.Context) error { return loop.Yield(ctx) })
			})
		}
		runtime.Gosched()
		require.NoError(t, c.Close())
		require.True(t, isFree(&m))
	}
}

func TestSemaphoreThousandsWait(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s, running, most := group.NewBoundedSemaphore(7), atomic.NewInt32(0), atomic.NewInt32(0)
		hammer(t, 9000, func(ctx context.Context, i int) error {
			n := 1 + i%7
			return s.With(ctx, n, func(ctx context.Context) error {
				most.Store(max(most.Load(), running.Add(int32(n))))
				defer running.Sub(int32(n))
				return loop.Sleep(ctx, time.Millisecond)
			})
		})
		require.EqualValues(t, 7, most.Load())
		require.Equal(t, 7, s.Value())
	})
}

// TestSemaphoreHammer mixes waits that succeed, that are given up and that never begin. What has been taken
// has to have been given back.
func TestSemaphoreHammer(t *testing.T) {
	s, held := group.NewBoundedSemaphore(5), atomic.NewInt32(0)
	var taken, refused atomic.Int64
	hammer(t, 600, func(_ context.Context, i int) error {
		rnd := rand.New(rand.NewPCG(1, uint64(i)))
		for range 30 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rnd.IntN(300))*time.Microsecond)
			n := 1 + rnd.IntN(5)
			err := s.With(ctx, n, func(ctx context.Context) error {
				if now := held.Add(int32(n)); now > 5 {
					t.Errorf("%d of 5 permits are held", now)
				}
				defer held.Sub(int32(n))
				taken.Inc()
				return loop.Yield(context.Background())
			})
			cancel()
			if errors.Is(err, context.DeadlineExceeded) {
				refused.Inc()
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	require.Equal(t, 5, s.Value())
	require.EqualValues(t, 600*30, taken.Load()+refused.Load())
	require.NotZero(t, taken.Load())
	require.NotZero(t, refused.Load())
}

func TestEventThousandsWait(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var e, never group.Event
		var fired atomic.Int32
		time.AfterFunc(time.Second, e.Set)
		hammer(t, 9000, func(ctx context.Context, _ int) error {
			ok, err := group.WaitEvent(ctx, &e, &never)
			if ok {
				fired.Inc()
			}
			return err
		})
		require.EqualValues(t, 9000, fired.Load())
	})
}

// TestEventHammer passes a token back and forth. A wake-up that is lost stops everything.
func TestEventHammer(t *testing.T) {
	const pairs, rounds = 20, 200
	var ping, pong [pairs]group.Event
	var turns [pairs]int
	hammer(t, 2*pairs, func(ctx context.Context, i int) error {
		mine, other := &ping[i/2], &pong[i/2]
		if i%2 == 1 {
			mine, other = other, mine
		}
		for range rounds {
			if i%2 == 0 {
				turns[i/2]++
				other.Set()
			}
			ok, err := group.WaitEvent(ctx, mine, new(group.Event))
			if err != nil || !ok {
				return fmt.Errorf("%v, %w", ok, err)
			}
			mine.Clear()
			if i%2 == 1 {
				turns[i/2]++
				other.Set()
			}
		}
		return nil
	})
	for _, n := range turns {
		require.Equal(t, 2*rounds, n)
	}
}
