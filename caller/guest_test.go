package caller_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// guest makes a caller in a toolkit of its own; both end with the test.
func guest(t *testing.T, opts ...caller.Option) (*caller.Caller, *toolkit) {
	t.Helper()
	k := newToolkit()
	c := start(t, append(opts, caller.WithGuest(k.run))...)
	t.Cleanup(k.quit) // after Close: what was registered last runs first
	t.Cleanup(func() { _ = c.Close() })
	return c, k
}

// A guest's calls run in the toolkit, which goes on between them.
func TestGuestRunsInTheToolkit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, k := guest(t)
		if runtime.GOARCH != "wasm" {
			thread := call(t, c, func(ctx context.Context) int {
				require.NoError(t, loop.Sleep(ctx, time.Second))
				return osThread()
			})
			require.Equal(t, c.ThreadID(), thread)
			k.on(func() { require.Equal(t, thread, osThread(), "pinned") })
		}
		require.NoError(t, c.Do(t.Context(), func() {}))
		require.True(t, c.Running())
		began := time.Now()
		p := c.CallSoon(t.Context(), sleep(time.Hour))
		later := c.CallLater(t.Context(), time.Minute, nothing)
		responsive := false
		k.on(func() { responsive = true })
		require.True(t, responsive)
		require.NoError(t, later.WaitDone(t.Context()))
		require.Equal(t, time.Minute, time.Since(began))
		require.NoError(t, p.WaitDone(t.Context()))
		require.Equal(t, time.Hour, time.Since(began))
		require.NoError(t, c.Close())
		requireStopped(t, c.CallSoon(t.Context(), nothing))
	})
}

// Order, suspension, errors: as with any caller.
func TestGuestKeepsThePromises(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, _ := guest(t, quiet)
		var order trail[int]
		for i := range 1000 {
			submit(t, c, i, func() { order.add(i) })
		}
		require.NoError(t, c.Do(t.Context(), func() {}))
		require.Equal(t, numbers(1000), order.all())
		v, err := caller.CallSoon(t.Context(), c, around([]*caller.Caller{c, start(t)}, 0, 20)).Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 20, v)
		require.ErrorIs(t, second(c.CallSoon(t.Context(), goexit).Wait(t.Context())), pending.ErrGoexit)
		require.ErrorIs(t, c.Do(t.Context(), func() { panic(errTest) }), errTest)
	})
}

// Stop of a guest with calls queued, suspended and delayed.
func TestStopOfAGuest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, k := guest(t)
		deferredAt := 0
		suspended := c.CallSoon(t.Context(), func(ctx context.Context) error {
			defer func() { deferredAt = osThread() }()
			return suspend(ctx)
		})
		later := c.CallLater(t.Context(), time.Hour, nothing)
		synctest.Wait()
		thread := c.ThreadID()
		require.NoError(t, c.Close())
		requireStopped(t, suspended)
		requireStopped(t, later)
		if runtime.GOARCH != "wasm" {
			require.Equal(t, thread, deferredAt)
		}
		alive := false
		k.on(func() { alive = true })
		require.True(t, alive, "the toolkit goes on")
	})
}

// A guest is closed in the toolkit itself, by an event handler.
func TestCloseOfAGuestInItsToolkit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, k := guest(t)
		p := c.CallSoon(t.Context(), suspend)
		synctest.Wait()
		k.on(func() { c.Stop(true) })
		require.NoError(t, c.WaitStopped(t.Context()))
		requireStopped(t, p)
	})
}

// The toolkit's goroutine is unpinned once its guest has stopped.
func TestGuestLeavesTheToolkitUnpinned(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, k := guest(t)
		require.NoError(t, c.Do(t.Context(), func() {}))
		k.on(func() { requirePinned(t, true) })
		require.NoError(t, c.Close())
		k.on(func() { requirePinned(t, false) })
	})
}

// A guest says when it has started, also when nobody has given it anything to do.
func TestGuestStarts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, _ := guest(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.NoError(t, c.Started().WaitDone(ctx))
		require.True(t, c.Running())
		require.NotZero(t, c.ThreadID())
	})
}

// Poll is not for guests: it says so, and does not take the loop away from the toolkit.
func TestPollOfAGuest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, _ := guest(t, quiet)
		require.ErrorIs(t, c.Poll(t.Context(), 0), loop.ErrInUse)
		requirePinned(t, false)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.NoError(t, c.CallSoon(t.Context(), nothing).WaitDone(ctx))
	})
}

// A child that is a guest, found again by its name.
func TestGuestAsAChild(t *testing.T) {
	bubble(t, func(t *testing.T) {
		parent := start(t)
		k := newToolkit()
		child := get(t, parent, "child", caller.WithGuest(k.run))
		require.Same(t, child, get(t, parent, "child", caller.WithGuest(k.run)))
		require.NoError(t, child.Do(t.Context(), func() {}))
		require.Same(t, child, get(t, parent, "child"))
		require.NoError(t, parent.Close())
		require.Equal(t, caller.Stopped, child.State())
		k.quit()
	})
}
