package group_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller/callertest"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

var semaphores = map[string]func(int) *group.Semaphore{
	"plain": group.NewSemaphore, "bounded": group.NewBoundedSemaphore,
}

func TestSemaphoreWith_E14(t *testing.T) {
	for name, make := range semaphores {
		t.Run(name, func(t *testing.T) {
			spawning(t, func(t *testing.T, start spawn) {
				s := make(10)
				var values []int
				look := func() { values = append(values, s.Value()) }
				succeed(t, start(t.Context(), func(ctx context.Context) error {
					for range 2 {
						err := s.With(ctx, 5, func(ctx context.Context) error {
							look()
							defer look()
							return s.With(ctx, 5, func(context.Context) error { look(); return nil })
						})
						if err != nil {
							return err
						}
					}
					return nil
				}))
				look()
				require.Equal(t, []int{5, 0, 5, 5, 0, 5, 10}, values)
			})
		})
	}
}

func TestSemaphoreWithReleasesHoweverBodyEnds_E14(t *testing.T) {
	for name, body := range endings {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c, s := callertest.New(t), group.NewBoundedSemaphore(3)
				p := c.CallSoon(t.Context(), func(ctx context.Context) error { return s.With(ctx, 2, body) })
				behind := c.CallSoon(t.Context(), func(ctx context.Context) error { return s.With(ctx, 3, body) })
				for _, p := range []*pending.Pending[pending.None]{p, behind} {
					require.NoError(t, p.WaitDone(t.Context()))
					require.Equal(t, name != "return", p.Err() != nil, p)
				}
				require.Equal(t, 3, s.Value())
			})
		})
	}
}

func TestSemaphoreMisuse_E14(t *testing.T) {
	ctx := t.Context()
	nothing := func(context.Context) error { return nil }
	plain, bounded := group.NewSemaphore(2), group.NewBoundedSemaphore(2)
	for _, n := range []int{0, -1, math.MinInt} {
		for _, s := range []*group.Semaphore{plain, bounded} {
			require.ErrorIs(t, s.AcquireMany(ctx, n), group.ErrInvalid)
			require.ErrorIs(t, s.Release(n), group.ErrInvalid)
			require.ErrorIs(t, s.With(ctx, n, nothing), group.ErrInvalid)
		}
	}
	require.ErrorIs(t, bounded.AcquireMany(ctx, 3), group.ErrInvalid, "more than there will ever be")
	require.ErrorIs(t, bounded.Release(1), group.ErrInvalid, "over the bound")
	require.NoError(t, bounded.Acquire(ctx))
	require.ErrorIs(t, bounded.Release(2), group.ErrInvalid, "over the bound")
	require.Equal(t, 1, bounded.Value(), "unchanged")
	require.NoError(t, bounded.Release(1))
	require.ErrorIs(t, plain.Release(math.MaxInt), group.ErrInvalid)
	require.ErrorIs(t, plain.With(ctx, 1, nil), loop.ErrNilFunc)
	require.Equal(t, 2, plain.Value())
	require.Equal(t, 2, bounded.Value())

	require.NoError(t, plain.Release(3), "a plain one grows")
	require.Equal(t, 5, plain.Value())
	require.ErrorIs(t, bounded.With(ctx, 1, func(context.Context) error { return bounded.Release(1) }), group.ErrInvalid)
	require.Equal(t, 2, bounded.Value())

	for _, make := range semaphores {
		s := make(-1)
		require.ErrorIs(t, s.Acquire(ctx), group.ErrInvalid)
		require.ErrorIs(t, s.Release(1), group.ErrInvalid)
		require.ErrorIs(t, s.With(ctx, 1, nothing), group.ErrInvalid)
		require.Zero(t, s.Value())
	}
	require.ErrorIs(t, group.NewBoundedSemaphore(0).Acquire(ctx), group.ErrInvalid)
	var zero group.Semaphore
	require.NoError(t, zero.Release(1))
	require.NoError(t, zero.Acquire(ctx))
}

// E-15: two that want all get it one after the other, since neither sits on a part.
func TestSemaphoreTakesAllOrNothing_E15(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		s := group.NewSemaphore(0)
		var order log[int]
		calls := make([]*pending.Pending[pending.None], 2)
		for i := range calls {
			calls[i] = start(t.Context(), func(ctx context.Context) error {
				return s.With(ctx, 4, func(context.Context) error { order.add(s.Value()); return nil })
			})
		}
		for range 4 {
			synctest.Wait()
			require.Empty(t, order.all())
			require.NoError(t, s.Release(1))
		}
		succeed(t, calls...)
		require.Equal(t, []int{0, 0}, order.all())
		require.Equal(t, 4, s.Value())
	})
}

// Nobody passes one who was there before, however little he wants.
func TestSemaphoreIsFair(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		s := group.NewSemaphore(3)
		require.NoError(t, s.Acquire(t.Context()))
		var order log[int]
		var calls []*pending.Pending[pending.None]
		for i, n := range []int{3, 2, 2, 3, 2, 2} {
			calls = append(calls, start(t.Context(), func(ctx context.Context) error {
				return s.With(ctx, n, func(ctx context.Context) error {
					order.add(i)
					return loop.Sleep(ctx, time.Duration(i+1)*time.Second)
				})
			}))
			synctest.Wait()
		}
		require.Equal(t, 2, s.Value(), "free, and yet not for the small ones behind the large one")
		require.NoError(t, s.Release(1))
		succeed(t, calls...)
		require.Equal(t, upTo(6), order.all())
		require.Equal(t, 3, s.Value())
	})
}
