package glib_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/loop/host/glib"
	"github.com/pinion-go/pinion/loop/host/glib/internal/toolkit"
	"github.com/pinion-go/pinion/loop/looptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestHostConformance(t *testing.T) {
	looptest.Run(t, looptest.Driver{
		New: func(_ testing.TB, opts ...loop.Option) (*loop.Loop, func()) {
			native := glib.NewContext()
			l := loop.New(append(opts, loop.WithHost(glib.NewHost(native)), loop.WithOwner(native))...)
			return l, func() { _ = l.Run(context.Background()) }
		},
		Native: once,
	})
}

func TestGuestConformance(t *testing.T) {
	looptest.Run(t, looptest.Driver{
		New: func(_ testing.TB, opts ...loop.Option) (*loop.Loop, func()) {
			native := glib.NewContext()
			l := loop.New(append(opts, loop.WithGuest(glib.Guest(native)), loop.WithOwner(native))...)
			return l, func() { toolkit.RunUntil(native.Native(), l.Done()) }
		},
		Native: once,
	})
}

// once makes a native event of the lowest priority that is usual.
func once(_ testing.TB, l *loop.Loop, handler func()) {
	toolkit.Once(l.Owner().(*glib.Context).Native(), handler)
}

// H-12: several guests share a context and its thread.
func TestGuestConformanceBesideAnotherGuest(t *testing.T) {
	driver := looptest.Driver{Native: once, New: func(t testing.TB, opts ...loop.Option) (*loop.Loop, func()) {
		native := glib.NewContext()
		other := loop.New(loop.WithGuest(glib.Guest(native)))
		require.NoError(t, other.Post(func() {
			for loop.Sleep(context.Background(), time.Millisecond) == nil {
			}
		}))
		l := loop.New(append(opts, loop.WithGuest(glib.Guest(native)), loop.WithOwner(native))...)
		return l, func() {
			go func() {
				<-l.Done()
				other.Stop()
			}()
			toolkit.RunUntil(native.Native(), other.Done())
		}
	}}
	for _, c := range looptest.Cases() {
		if !strings.HasPrefix(c.Name, "Idle/") { // the other one is not
			t.Run(c.Name, func(t *testing.T) { c.Run(t, driver) })
		}
	}
}

// Coroutines that were made in the main loop cannot be switched to once it has returned.
func TestGuestDrivenOutsideOfTheMainLoop(t *testing.T) {
	native := glib.NewContext()
	l := loop.New(loop.WithGuest(glib.Guest(native)))
	waiting, quit := make(chan struct{}), make(chan struct{})
	require.NoError(t, l.Post(func() {
		close(quit)
		_, _, _ = loop.Receive(context.Background(), waiting)
	}))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	toolkit.RunUntil(native.Native(), quit)
	require.NoError(t, l.Post(func() {}))
	_, _, err := l.Step()
	require.ErrorContains(t, err, "nested native loop")
	l.Stop()
	toolkit.RunUntil(native.Native(), l.Done())
}

func TestHostOfAnotherThreadsContext(t *testing.T) {
	native := glib.NewContext()
	owner, err := caller.New(t.Context(), caller.WithHost(glib.NewHost(native)))
	require.NoError(t, err)
	other, err := caller.New(t.Context(), caller.WithHost(glib.NewHost(native)))
	require.ErrorIs(t, err, glib.ErrOwned)
	require.Equal(t, caller.Stopped, other.State())
	require.NoError(t, owner.Close())
	again, err := caller.New(t.Context(), caller.WithHost(glib.NewHost(native)))
	require.NoError(t, err)
	require.NoError(t, again.Close())
	_, err = caller.New(t.Context(), caller.WithHost(glib.NewHost(nil)))
	require.ErrorIs(t, err, glib.ErrNoContext)
}

// Native sources and calls share the thread, and calls that wait let both go on.
func TestNativeEventsGoOn(t *testing.T) {
	native := glib.NewContext()
	c, err := caller.New(t.Context(), caller.WithHost(glib.NewHost(native)))
	require.NoError(t, err)
	defer c.Close()
	ticks := make(chan int, 1000)
	stop := toolkit.Every(native.Native(), time.Millisecond, func() {
		assert.ErrorIs(t, loop.Sleep(context.Background(), time.Hour), loop.ErrCannotSuspend)
		select {
		case ticks <- loop.OSThreadID():
		default:
		}
	})
	p := c.CallSoon(t.Context(), func(ctx context.Context) error {
		for range 3 {
			if tid, _, err := loop.Receive(ctx, ticks); err != nil || tid != loop.OSThreadID() {
				t.Error(tid, err)
			}
		}
		return nil
	})
	_, err = p.Wait(t.Context())
	require.NoError(t, err)
	require.NoError(t, c.Do(t.Context(), stop))
	runtime.KeepAlive(native)
}

// In a flood of calls native events are dealt with as they come, the less urgent ones, too: not one for each slice
// of calls.
func TestNativeEventsInAFloodOfCalls(t *testing.T) {
	native := glib.NewContext()
	c, err := caller.New(t.Context(), caller.WithHost(glib.NewHost(native)), caller.WithSlowCall(0))
	require.NoError(t, err)
	defer c.Close()
	const events = 1000
	calls, handled := 0, 0
	over := make(chan struct{})
	var again, handle func()
	again = func() {
		calls++
		time.Sleep(time.Millisecond)
		if handled < events {
			assert.NoError(t, c.CallDirect(again))
		}
	}
	handle = func() {
		if handled++; handled < events {
			toolkit.Once(native.Native(), handle)
		} else {
			close(over)
		}
	}
	require.NoError(t, c.Do(t.Context(), func() {
		again()
		toolkit.Once(native.Native(), handle)
	}))
	<-over
	require.NoError(t, c.Do(t.Context(), func() { assert.Less(t, calls, events) }))
	runtime.KeepAlive(native)
}
