package caller_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

func TestManualRunsWhileItIsPolled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := manual(t)
		require.True(t, c.Running())
		require.NoError(t, c.Started().Err())
		require.Zero(t, c.ThreadID())
		p := caller.CallSoon(t.Context(), c, func(ctx context.Context) (int, error) {
			require.Same(t, c, caller.Current(ctx))
			return osThread(), nil
		})
		time.Sleep(time.Hour)
		require.False(t, p.IsDone())
		require.NoError(t, c.Poll(t.Context(), 0))
		id, err := p.Result()
		require.NoError(t, err)
		if runtime.GOARCH != "wasm" {
			require.Equal(t, osThread(), id)
			require.Equal(t, osThread(), c.ThreadID())
		}
		requirePinned(t, true)
		require.NoError(t, c.Close())
		requirePinned(t, false)
	})
}

// How long Poll waits.
func TestPollWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := manual(t)
		took := func(ctx context.Context, d time.Duration) (time.Duration, error) {
			began := time.Now()
			err := c.Poll(ctx, d)
			return time.Since(began), err
		}
		d, err := took(t.Context(), 0)
		require.NoError(t, err)
		require.Zero(t, d)
		d, err = took(t.Context(), time.Second)
		require.NoError(t, err)
		require.Equal(t, time.Second, d)

		due := c.CallLater(t.Context(), 3*time.Second, nothing)
		d, err = took(t.Context(), -1)
		require.NoError(t, err)
		require.Equal(t, 3*time.Second, d)
		require.True(t, due.IsDone())

		var posted pending.Handle
		var wg sync.WaitGroup
		wg.Go(func() {
			time.Sleep(2 * time.Second)
			posted = c.CallSoon(context.Background(), nothing)
		})
		d, err = took(t.Context(), time.Hour)
		require.NoError(t, err)
		require.Equal(t, 2*time.Second, d)
		wg.Wait()
		require.True(t, posted.IsDone())

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		d, err = took(ctx, -1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, d)
		_, err = took(ctx, 0)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		go func() {
			time.Sleep(time.Second)
			c.Stop(true)
		}()
		d, err = took(t.Context(), -1)
		require.ErrorIs(t, err, loop.ErrStopped)
		require.Equal(t, time.Second, d)
		require.ErrorIs(t, c.Poll(t.Context(), -1), loop.ErrStopped)
	})
}

// Nothing is left over of a wait that was given up: the next one waits for its time.
func TestPollAfterAPollThatWasGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := manual(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, c.Poll(ctx, 0), context.Canceled)
		require.ErrorIs(t, c.Poll(ctx, -1), context.Canceled)
		synctest.Wait()
		began := time.Now()
		require.NoError(t, c.Poll(t.Context(), time.Second))
		require.Equal(t, time.Second, time.Since(began))
	})
}

// As a game loop: frames are drawn by the owner, calls go on across frames.
func TestManualAsAGameLoop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := manual(t)
		var seen []int
		frame := 0
		c.CallSoon(t.Context(), func(ctx context.Context) error {
			for range 5 {
				if err := loop.Sleep(ctx, 20*time.Millisecond); err != nil {
					return err
				}
				seen = append(seen, frame) // on the owner's thread: no lock
			}
			return nil
		})
		for ; frame < 12; frame++ {
			time.Sleep(10 * time.Millisecond)
			next, ok := c.Loop().RunPending()
			if ok {
				require.LessOrEqual(t, next, 20*time.Millisecond)
			}
		}
		require.Equal(t, []int{2, 4, 6, 8, 10}, seen) // due at the end of a sleep that began in the middle of a frame
	})
}

// Polls of at most 8 ms, however much there is.
func TestPollIsLimited(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := manual(t)
		for range 100 {
			c.CallSoon(t.Context(), hold(time.Millisecond))
		}
		began := time.Now()
		require.NoError(t, c.Poll(t.Context(), 0))
		require.LessOrEqual(t, time.Since(began), 10*time.Millisecond)
		require.Positive(t, c.Stats().QueueDepth)
		next, ok := c.Loop().RunPending()
		require.True(t, ok)
		require.Zero(t, next)
	})
}

// Close on the driving goroutine: with calls, with children; before the first Poll and after.
func TestCloseOfAManualCallerByItsOwner(t *testing.T) {
	for _, polled := range []bool{false, true} {
		t.Run(map[bool]string{true: "polled", false: "never polled"}[polled], func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := manual(t)
				child := get(t, c, "child")
				child.CallSoon(t.Context(), hold(time.Second))
				suspended := c.CallSoon(t.Context(), suspend)
				if polled {
					require.NoError(t, c.Poll(t.Context(), 0))
					require.Equal(t, 1, c.Stats().Suspended)
				}
				queued := c.CallSoon(t.Context(), nothing)
				synctest.Wait()
				require.NoError(t, c.Close())
				require.Equal(t, caller.Stopped, c.State())
				require.Equal(t, caller.Stopped, child.State())
				requireStopped(t, suspended)
				require.True(t, queued.IsDone())
				require.NoError(t, c.Close())
				requirePinned(t, false)
			})
		})
	}
}

// Close elsewhere waits for the owner's next Poll.
func TestCloseOfAManualCallerByOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, other := manual(t), start(t)
		p := c.CallSoon(t.Context(), suspend)
		require.NoError(t, c.Poll(t.Context(), 0))
		var closed sync.WaitGroup
		closed.Go(func() { _ = c.Close() })
		byCall := other.CallSoon(t.Context(), func(context.Context) error { return c.Close() })
		synctest.Wait()
		require.Equal(t, caller.Stopping, c.State())
		require.False(t, p.IsDone())
		require.ErrorIs(t, c.Poll(t.Context(), -1), loop.ErrStopped)
		closed.Wait()
		require.NoError(t, byCall.WaitDone(context.Background()))
		require.NoError(t, byCall.Err())
		requireStopped(t, p)
	})
}

// A manual caller closed from inside its own call, in the middle of a Poll.
func TestCloseOfAManualCallerByItsOwnCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := manual(t)
		p := c.CallSoon(t.Context(), func(context.Context) error { return c.Close() })
		require.ErrorIs(t, c.Poll(t.Context(), 0), loop.ErrStopped)
		require.NoError(t, p.Err())
		require.Equal(t, caller.Stopped, c.State())
	})
}

// The goroutine that drives one manual caller cannot drive another, and can once the first has stopped.
func TestTwoManualCallersOnOneGoroutine(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := manual(t), manual(t)
		require.NoError(t, a.Poll(t.Context(), 0))
		require.ErrorIs(t, b.Poll(t.Context(), 0), loop.ErrInUse)
		require.ErrorIs(t, caller.Run(t.Context(), func(context.Context, *caller.Caller) error { return nil }), loop.ErrInUse)
		require.NoError(t, a.Close())
		require.NoError(t, b.Poll(t.Context(), 0))
	})
}

// The owner of a manual caller waits, between two Polls, for its own caller's call: it goes on driving.
func TestWaitingOnTheDrivingGoroutine_OwnCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := manual(t)
		require.NoError(t, c.Poll(t.Context(), 0))
		p := c.CallSoon(t.Context(), nothing)
		require.NoError(t, p.WaitDone(context.Background()))
		require.NoError(t, p.Err())
		require.NoError(t, c.Do(t.Context(), func() {}), "inline")
	})
}

// The owner of a manual caller waits, between two Polls, for somebody else: there is nothing to suspend, and
// nothing in the way either.
func TestWaitingOnTheDrivingGoroutine_OthersCalls(t *testing.T) {
	for name, wait := range map[string]func(other *caller.Caller) error{
		"Wait": func(other *caller.Caller) error {
			return other.CallSoon(context.Background(), hold(1)).WaitDone(context.Background())
		},
		"Do":    func(other *caller.Caller) error { return other.Do(context.Background(), func() {}) },
		"Sleep": func(*caller.Caller) error { return loop.Sleep(context.Background(), 1) },
		"Close": func(other *caller.Caller) error { return other.Close() },
		"New": func(*caller.Caller) error {
			c, err := caller.New(context.Background())
			if err == nil {
				_ = c.Close()
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				other, c := start(t), manual(t)
				require.NoError(t, c.Poll(t.Context(), 0))
				require.NoError(t, wait(other))
			})
		})
	}
}
