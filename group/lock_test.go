package group_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/caller/callertest"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// chanLock is a lock that bubbles understand. Without TryLock it always takes a goroutine.
type chanLock chan struct{}

func (l chanLock) Lock()   { l <- struct{}{} }
func (l chanLock) Unlock() { <-l }

type tryLock struct{ chanLock }

func (l tryLock) TryLock() bool {
	select {
	case l.chanLock <- struct{}{}:
		return true
	default:
		return false
	}
}

// lockers makes locks of both kinds; len tells whether it is locked.
var lockers = map[string]func() (sync.Locker, chanLock){
	"with TryLock":    func() (sync.Locker, chanLock) { l := make(chanLock, 1); return tryLock{l}, l },
	"without TryLock": func() (sync.Locker, chanLock) { l := make(chanLock, 1); return l, l },
}

func TestLock_K01(t *testing.T) {
	for name, make := range lockers {
		t.Run(name, func(t *testing.T) {
			spawning(t, func(t *testing.T, start spawn) {
				l, state := make()
				body := func(ctx context.Context) error {
					unlock, err := group.Lock(ctx, l)
					if err != nil {
						return err
					}
					defer unlock()
					assert.Len(t, state, 1)
					unlock()
					assert.Empty(t, state)
					unlock() // again: nothing
					return nil
				}
				succeed(t, start(t.Context(), body)) // free
				l.Lock()
				p := start(t.Context(), body) // held elsewhere
				other := start(t.Context(), func(ctx context.Context) error { return loop.Sleep(ctx, time.Second) })
				succeed(t, other) // the thread was not held up
				require.False(t, p.IsDone())
				l.Unlock()
				succeed(t, p)
				require.Empty(t, state)
			})
		})
	}
}

func TestLockTakesAFreeOneAtOnce_K01(t *testing.T) {
	var mu sync.Mutex
	callertest.AssertDoesNotSuspend(t, func(ctx context.Context) {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		unlock, err := group.Lock(ended, &mu)
		assert.NoError(t, err)
		_, err = group.Lock(ended, &mu)
		assert.ErrorIs(t, err, context.Canceled)
		unlock()
	})
	require.True(t, mu.TryLock())
	unlock, err := group.Lock(t.Context(), new(sync.RWMutex).RLocker())
	require.NoError(t, err)
	unlock()
}

// K-01: the lock that does nothing.
func TestLockNil_K01(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		unlock, err := group.Lock(ended, nil)
		require.NoError(t, err)
		defer unlock()
	}
}

// K-02: however many wait for a lock that is held for long, they keep no worker of a pool busy.
func TestLockTakesNoWorkers_K02(t *testing.T) {
	for name, make := range lockers {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c := callertest.New(t, caller.WithMaxWorkers(1))
				l, state := make()
				l.Lock()
				var got log[int]
				var waits []*pending.Pending[pending.None]
				for i := range 100 {
					waits = append(waits, c.CallSoon(t.Context(), func(ctx context.Context) error {
						unlock, err := group.Lock(ctx, l)
						if err != nil {
							return err
						}
						defer unlock()
						got.add(i)
						return loop.Sleep(ctx, time.Second)
					}))
				}
				synctest.Wait()
				require.Equal(t, 100, c.Stats().Suspended)
				require.Empty(t, c.Children())
				began := time.Now()
				for range 10 {
					succeed(t, c.ToThread(t.Context(), func(context.Context) error { time.Sleep(time.Minute); return nil }))
				}
				require.Equal(t, 10*time.Minute, time.Since(began), "other work goes on")
				require.Len(t, c.Children(), 1)
				require.Empty(t, got.all())
				l.Unlock()
				succeed(t, waits...)
				require.ElementsMatch(t, upTo(100), got.all())
				require.Equal(t, 10*time.Minute+100*time.Second, time.Since(began), "one at a time")
				require.Empty(t, state)
			})
		})
	}
}

// K-03: what is given up leaves nothing locked, however late the lock comes.
func TestLockIsGivenUp_K03(t *testing.T) {
	for name, make := range lockers {
		t.Run(name, func(t *testing.T) {
			spawning(t, func(t *testing.T, start spawn) {
				l, state := make()
				l.Lock()
				ctx, cancel := context.WithCancel(t.Context())
				p := start(ctx, func(ctx context.Context) error {
					unlock, err := group.Lock(ctx, l)
					assert.Nil(t, unlock)
					return err
				})
				synctest.Wait()
				cancel()
				require.NoError(t, p.WaitDone(t.Context()))
				require.ErrorIs(t, p.Err(), context.Canceled)
				require.Len(t, state, 1, "it is not ours to unlock")
				l.Unlock()
				synctest.Wait()
				require.Empty(t, state)
			})
		})
	}
}

func TestLockIsGivenUpAndComes_K03(t *testing.T) {
	for name, make := range lockers {
		t.Run(name, func(t *testing.T) {
			spawning(t, func(t *testing.T, start spawn) {
				l, state := make()
				for i := range 20 {
					l.Lock()
					ctx, cancel := context.WithCancel(t.Context())
					p := start(ctx, func(ctx context.Context) error {
						unlock, err := group.Lock(ctx, l)
						if err == nil {
							unlock()
						}
						return err
					})
					synctest.Wait()
					if i%2 == 0 {
						cancel()
					}
					l.Unlock()
					cancel()
					synctest.Wait()
					if i%2 == 0 {
						require.ErrorIs(t, p.Err(), context.Canceled)
					}
					require.Empty(t, state)
				}
			})
		})
	}
}

func TestLockCallerStops_K03(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c, l := callertest.New(t), make(chanLock, 1)
		l.Lock()
		p := c.CallSoon(t.Context(), func(context.Context) error {
			_, err := group.Lock(context.Background(), l)
			return err
		})
		synctest.Wait()
		require.NoError(t, c.Close())
		require.ErrorIs(t, p.Err(), loop.ErrStopped)
		l.Unlock()
		synctest.Wait()
		require.Empty(t, l)
	})
}

type lockFunc func()

func (f lockFunc) Lock() { f() }
func (lockFunc) Unlock() { panic("not locked") }

func TestLockFails(t *testing.T) {
	spawning(t, func(t *testing.T, start spawn) {
		for want, f := range map[error]lockFunc{
			errBody:        func() { panic(errBody) },
			loop.ErrGoexit: runtime.Goexit,
		} {
			p := start(t.Context(), func(ctx context.Context) error {
				unlock, err := group.Lock(ctx, f)
				assert.Nil(t, unlock)
				return err
			})
			require.NoError(t, p.WaitDone(t.Context()))
			require.ErrorIs(t, p.Err(), want)
		}
	})
}

// A group of whoever calls Lock does not get to see the goroutine that waits.
func TestLockIsNotTracked(t *testing.T) {
	m, l := pending.NewManager(), make(chanLock, 1)
	l.Lock()
	ctx, cancel := context.WithCancel(m.Context(t.Context()))
	done := make(chan error)
	go func() {
		_, err := group.Lock(ctx, l)
		done <- err
	}()
	runtime.Gosched()
	require.Empty(t, m.Pending())
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	l.Unlock()
}
