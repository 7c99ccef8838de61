package caller_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// L-02: held means protected: Stop does nothing, force does.
func TestL02_HoldProtects(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		require.False(t, c.Protected())
		release, err := c.Hold()
		require.NoError(t, err)
		require.True(t, c.Protected())
		c.Stop(false)
		require.True(t, c.Running())
		require.False(t, c.Stopping().IsDone())
		c.Stop(true)
		require.NoError(t, c.WaitStopped(t.Context()))
		release()
	})
}

// L-03: protection is for life.
func TestL03_ProtectionIsForLife(t *testing.T) {
	for name, protect := range map[string]func(*testing.T) *caller.Caller{
		"WithProtected": func(t *testing.T) *caller.Caller { return start(t, caller.WithProtected()) },
		"Protect": func(t *testing.T) *caller.Caller {
			c := start(t)
			c.Protect()
			return c
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := protect(t)
				require.True(t, c.Protected())
				c.Stop(false)
				require.True(t, c.Running())
				require.NoError(t, c.Close())
				require.True(t, c.Protected())
			})
		})
	}
}

// L-03: who leaves takes no protection along.
func TestL03_LeavingDoesNotUnprotect(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		one, err := c.Hold()
		require.NoError(t, err)
		other, err := c.Hold()
		require.NoError(t, err)
		one()
		require.True(t, c.Protected())
		c.Stop(false)
		require.True(t, c.Running())
		require.Equal(t, 1, call(t, c, func(context.Context) int { return 1 }))
		other()
		require.NoError(t, c.WaitStopped(t.Context()))
		require.True(t, c.Protected())
	})
}

// An unprotected caller stops without force.
func TestStopWithoutForce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		c.Stop(false)
		require.NoError(t, c.WaitStopped(t.Context()))
	})
}

// L-04, L-06: the last of several holds to be released stops the caller, in whichever order; releasing one
// twice counts once.
func TestL04_L06_LastReleaseStops(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for first := range 3 {
			c := start(t)
			var releases []func()
			for range 3 {
				release, err := c.Hold()
				require.NoError(t, err)
				releases = append(releases, release)
			}
			for i := range 3 {
				require.True(t, c.Running())
				releases[(first+i)%3]()
				releases[(first+i)%3]()
			}
			require.NoError(t, c.WaitStopped(t.Context()))
			releases[0]()
		}
	})
}

// L-06: who releases first does not wait for the others.
func TestL06_ReleaseDoesNotWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		first, err := c.Hold()
		require.NoError(t, err)
		last, err := c.Hold()
		require.NoError(t, err)
		c.CallSoon(t.Context(), hold(time.Second))
		synctest.Wait()
		began := time.Now()
		first()
		last()
		require.Zero(t, time.Since(began))
		require.NoError(t, c.WaitStopped(t.Context()))
		require.Equal(t, time.Second, time.Since(began))
	})
}

// L-07: a caller that stops or has stopped cannot be held.
func TestL07_HoldOfAStoppedCaller(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		c.CallSoon(t.Context(), hold(time.Second))
		synctest.Wait()
		c.Stop(true)
		_, err := c.Hold()
		require.ErrorIs(t, err, loop.ErrStopped)
		require.NoError(t, c.Close())
		release, err := c.Hold()
		require.ErrorIs(t, err, loop.ErrStopped)
		require.Nil(t, release)
	})
}

// L-08: one of the caller's own calls leaves last, whoever has left before: it stops the caller and is not waited
// for by itself, and the others are cancelled.
func TestL08_OwnCallReleasesLast(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		outside, err := c.Hold()
		require.NoError(t, err)
		var others []pending.Handle
		for range 3 {
			others = append(others, c.CallSoon(t.Context(), suspend))
		}
		others = append(others, c.CallLater(t.Context(), time.Hour, nothing), c.ToThread(t.Context(), suspend))
		own := c.CallSoon(t.Context(), func(ctx context.Context) error {
			release, err := c.Hold()
			if err != nil {
				return err
			}
			if err := loop.Sleep(ctx, time.Second); err != nil {
				return err
			}
			release()
			require.Equal(t, caller.Stopping, c.State())
			return nil
		})
		synctest.Wait()
		outside()
		require.True(t, c.Running())
		require.NoError(t, c.WaitStopped(t.Context()))
		require.NoError(t, own.Err(), "it has come to its end")
		for _, p := range others {
			requireStopped(t, p)
		}
	})
}

// L-08: calls that hold the caller do not keep it from being stopped by force by another of its calls.
func TestL08_OwnCallStopsWhatOthersHold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		var ended atomic.Int32
		for range 3 {
			c.CallSoon(t.Context(), func(ctx context.Context) error {
				release, err := c.Hold()
				if err != nil {
					return err
				}
				defer release()
				defer ended.Inc()
				return suspend(ctx)
			})
		}
		main := c.CallSoon(t.Context(), func(ctx context.Context) error {
			if err := loop.Sleep(ctx, time.Second); err != nil {
				return err
			}
			c.Stop(true)
			return nil
		})
		require.NoError(t, main.WaitDone(t.Context()))
		require.NoError(t, main.Err())
		require.NoError(t, c.WaitStopped(t.Context()))
		require.EqualValues(t, 3, ended.Load())
	})
}

// L-09: one of the caller's own calls holds it and waits for its end.
func TestL09_OwnCallWaitsForTheStop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		p := c.CallSoon(t.Context(), func(ctx context.Context) error {
			release, err := c.Hold()
			if err != nil {
				return err
			}
			defer release()
			return c.Stopped().WaitDone(ctx)
		})
		synctest.Wait()
		require.NoError(t, c.Close())
		requireStopped(t, p)
		require.NoError(t, c.Stopped().Err())
	})
}

// L-10: whoever has left the last hold can wait for calls that had been suspended to have ended.
func TestL10_SuspendedCallsEndBeforeTheStop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		release, err := c.Hold()
		require.NoError(t, err)
		var saw error
		c.CallSoon(t.Context(), func(ctx context.Context) error {
			saw = suspend(ctx)
			return saw
		})
		synctest.Wait()
		release()
		require.NoError(t, c.WaitStopped(t.Context()))
		require.ErrorIs(t, saw, loop.ErrStopped)
	})
}

// Whoever got a hold without an error has the caller until it lets go, also when another leaves just then.
func TestHoldIsNeverGivenOnACallerThatIsLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for range 3000 {
			c := manual(t)
			first, err := c.Hold()
			require.NoError(t, err)
			left := make(chan struct{})
			var here, start atomic.Bool
			go func() {
				defer close(left)
				here.Store(true)
				for !start.Load() {
					runtime.Gosched()
				}
				first()
			}()
			for !here.Load() {
				runtime.Gosched()
			}
			start.Store(true)
			release, err := c.Hold()
			<-left
			if err == nil {
				require.Equal(t, caller.Running, c.State(), "held")
				release()
			}
			require.NoError(t, c.Stopped().WaitDone(t.Context()))
		}
	})
}
