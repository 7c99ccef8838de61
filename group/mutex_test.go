package group_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller/callertest"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// isFree reports whether m can be had at once.
func isFree(m *group.Mutex) bool {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	return m.With(ended, func(context.Context) error { return nil }) == nil
}

func TestMutexIsReentrant_R06(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		var m, other group.Mutex
		deep := 0
		var descend func(ctx context.Context) error
		descend = func(ctx context.Context) error {
			if deep++; deep == 10 {
				return other.With(ctx, func(ctx context.Context) error { return m.With(ctx, func(context.Context) error { return errBody }) })
			}
			defer func() { assert.False(t, isFree(&m), "until the outermost is left") }()
			return m.With(ctx, descend)
		}
		p := start(t.Context(), func(ctx context.Context) error { return m.With(ctx, descend) })
		require.NoError(t, p.WaitDone(t.Context()))
		require.ErrorIs(t, p.Err(), errBody)
		require.Equal(t, 10, deep)
		require.True(t, isFree(&m))
		require.True(t, isFree(&other))
	})
}

func TestMutexIsFreedHoweverBodyEnds_R06(t *testing.T) {
	for name, body := range endings {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c, m := callertest.New(t), new(group.Mutex)
				p := c.CallSoon(t.Context(), func(ctx context.Context) error {
					return m.With(ctx, func(ctx context.Context) error { return m.With(ctx, body) })
				})
				behind := c.CallSoon(t.Context(), func(ctx context.Context) error { return m.With(ctx, body) })
				for _, p := range []*pending.Pending[pending.None]{p, behind} {
					require.NoError(t, p.WaitDone(t.Context()))
					require.Equal(t, name != "return", p.Err() != nil, p)
				}
				require.True(t, isFree(m))
			})
		})
	}
}

// other tasks wait, on the same thread too, and get it in their order.
func TestMutexOthersWait_R07(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		var m group.Mutex
		var order log[int]
		var calls []*pending.Pending[pending.None]
		for i := range 10 {
			calls = append(calls, start(t.Context(), func(ctx context.Context) error {
				return m.With(ctx, func(ctx context.Context) error {
					order.add(i)
					err := loop.Sleep(ctx, time.Second)
					order.add(i)
					return err
				})
			}))
			synctest.Wait()
		}
		succeed(t, calls...)
		want := []int{}
		for i := range 10 {
			want = append(want, i, i)
		}
		require.Equal(t, want, order.all())
	})
}

// the owner is the task. What it starts under body's context are other tasks, wherever they run.
func TestMutexOwnerIsTheTask_R07(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		var m group.Mutex
		var order log[string]
		var children []*pending.Pending[pending.None]
		p := start(t.Context(), func(ctx context.Context) error {
			return m.With(ctx, func(ctx context.Context) error {
				for range 3 {
					children = append(children, start(ctx, func(ctx context.Context) error {
						if pending.Current(ctx) == nil {
							return nil // a goroutine with body's context is the owner
						}
						return m.With(ctx, func(context.Context) error { order.add("child"); return nil })
					}), pending.Go(ctx, func(ctx context.Context) (pending.None, error) {
						return pending.None{}, m.With(ctx, func(context.Context) error { order.add("child"); return nil })
					}))
				}
				err := loop.Sleep(ctx, time.Second)
				order.add("owner")
				return err
			})
		})
		succeed(t, p)
		succeed(t, children...)
		all := order.all()
		require.Equal(t, "owner", all[0])
		require.GreaterOrEqual(t, len(all), 4)
		require.True(t, isFree(&m))
	})
}

// Blocking work of the owner's, on a goroutine, is still the owner's.
func TestMutexOwnerOnAGoroutine_R07(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c, m := callertest.New(t), new(group.Mutex)
		left := make(chan error, 1)
		succeed(t, c.CallSoon(t.Context(), func(ctx context.Context) error {
			return m.With(ctx, func(ctx context.Context) error {
				go func() {
					left <- m.With(ctx, func(ctx context.Context) error { return loop.Sleep(context.Background(), time.Hour) })
				}()
				_, err := loop.Block(ctx, func(ctx context.Context) (int, error) {
					return 0, m.With(ctx, func(context.Context) error { return nil })
				})
				return err
			})
		}))
		synctest.Wait()
		require.False(t, isFree(m), "body has returned, and somebody is still inside")
		require.NoError(t, <-left)
		require.True(t, isFree(m))
	})
}

// A context that outlives body is nobody's title to the mutex.
func TestMutexLeakedContext_R07(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		var m group.Mutex
		succeed(t, start(context.Background(), func(ctx context.Context) error {
			var leaked context.Context
			if err := m.With(ctx, func(ctx context.Context) error { leaked = ctx; return nil }); err != nil {
				return err
			}
			got := make(chan struct{})
			start(context.Background(), func(ctx context.Context) error {
				return m.With(ctx, func(ctx context.Context) error {
					close(got)
					return loop.Sleep(ctx, time.Second)
				})
			})
			if _, _, err := loop.Receive(ctx, got); err != nil {
				return err
			}
			began := time.Now()
			err := m.With(leaked, func(context.Context) error { return nil })
			if waited := time.Since(began); waited != time.Second {
				return fmt.Errorf("it got the mutex after %v", waited)
			}
			return err
		}))
	})
}

// a call that would wait for itself is told so.
func TestMutexWithTheWrongContext_R06(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c, m := callertest.New(t), new(group.Mutex)
		nothing := func(context.Context) error { return nil }
		succeed(t, c.CallSoon(t.Context(), func(ctx context.Context) error {
			return m.With(ctx, func(inner context.Context) error {
				assert.ErrorIs(t, m.With(ctx, nothing), pending.ErrDeadlock)
				assert.NoError(t, c.Do(ctx, func() {
					assert.ErrorIs(t, m.With(context.Background(), nothing), pending.ErrDeadlock)
				}))
				assert.NoError(t, loop.Sleep(ctx, time.Second))
				assert.ErrorIs(t, m.With(ctx, nothing), pending.ErrDeadlock)
				return m.With(inner, nothing)
			})
		}))
		require.True(t, isFree(m))
	})
}

func TestMutexCancelledWaiter_R07(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		var m group.Mutex
		holder := start(t.Context(), func(ctx context.Context) error {
			return m.With(ctx, func(ctx context.Context) error { return loop.Sleep(ctx, time.Minute) })
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		given := start(ctx, func(ctx context.Context) error {
			return m.With(ctx, func(context.Context) error { panic("not reached") })
		})
		synctest.Wait()
		behind := start(t.Context(), func(ctx context.Context) error {
			return m.With(ctx, func(context.Context) error { return nil })
		})
		require.NoError(t, given.WaitDone(t.Context()))
		require.ErrorIs(t, given.Err(), context.DeadlineExceeded)
		require.False(t, isFree(&m))
		succeed(t, holder, behind)
		require.True(t, isFree(&m))
	})
}

func TestMutexCallerStops_R07(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		one, two, m := callertest.New(t), callertest.New(t), new(group.Mutex)
		holder := one.CallSoon(t.Context(), func(ctx context.Context) error {
			return m.With(ctx, func(ctx context.Context) error { return loop.Sleep(ctx, time.Hour) })
		})
		synctest.Wait()
		waiter := one.CallSoon(t.Context(), func(ctx context.Context) error {
			return m.With(context.Background(), func(context.Context) error { panic("not reached") })
		})
		other := two.CallSoon(t.Context(), func(ctx context.Context) error {
			return m.With(ctx, func(context.Context) error { return nil })
		})
		synctest.Wait()
		require.NoError(t, one.Close())
		require.ErrorIs(t, holder.Err(), loop.ErrStopped)
		require.ErrorIs(t, waiter.Err(), loop.ErrStopped)
		succeed(t, other)
		require.True(t, isFree(m))
	})
}

func TestMutexMisuse(t *testing.T) {
	var m group.Mutex
	require.ErrorIs(t, m.With(t.Context(), nil), loop.ErrNilFunc)
	require.True(t, isFree(&m))
}
