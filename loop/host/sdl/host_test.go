package sdl_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/Zyko0/go-sdl3/sdl"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	host "github.com/pinion-go/pinion/loop/host/sdl"
	"github.com/pinion-go/pinion/loop/looptest"
	"github.com/pinion-go/pinion/registry"
)

func TestConformance(t *testing.T) {
	var handle func() // on the loop's thread
	looptest.Run(t, looptest.Driver{
		New: func(t testing.TB, opts ...loop.Option) (*loop.Loop, func()) {
			h := host.NewHost(func(event sdl.Event) {
				if event.Type == sdl.EVENT_USER {
					handle()
				}
			})
			l := loop.New(append(opts, loop.WithHost(h))...)
			return l, func() { _ = l.Run(context.Background()) }
		},
		Native: func(t testing.TB, _ *loop.Loop, handler func()) {
			handle = handler
			assert.NoError(t, sdl.PushEvent(userEvent(0)))
		},
	})
}

func ignore(sdl.Event) {}

var quiet = caller.WithLogger(zerolog.Nop())

// start makes a caller in SDL that is closed, and SDL with it, when the test ends.
func start(t *testing.T, handler func(sdl.Event), opts ...host.Option) *caller.Caller {
	t.Helper()
	c, err := caller.New(t.Context(), caller.WithHost(host.NewHost(handler, opts...)), caller.WithSlowCall(0))
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, c.Close())
		require.Empty(t, registry.All(false))
		require.Zero(t, sdl.WasInit(0), "SDL is still initialised")
	})
	return c
}

func do(t *testing.T, c *caller.Caller, fn func()) {
	t.Helper()
	require.NoError(t, c.Do(t.Context(), fn))
}

// userEvent is one that tests queue; SDL hands them out in order.
func userEvent(n int) *sdl.Event { return &sdl.Event{Type: sdl.EVENT_USER + sdl.EventType(n)} }

// C-16, H-10: a host that cannot start stops its caller with the reason, and what was queued is cancelled.
func TestHostThatCannotStart_C16(t *testing.T) {
	require.NoError(t, sdl.SetHintWithPriority(sdl.HINT_AUDIO_DRIVER, "none such", sdl.HINT_OVERRIDE))
	defer sdl.ResetHint(sdl.HINT_AUDIO_DRIVER)
	for name, row := range map[string]struct {
		driver  string
		handler func(sdl.Event)
		opts    []host.Option
		want    error // nil: SDL's own
	}{
		"SDL's own reason":         {"dummy", ignore, []host.Option{host.WithInit(sdl.INIT_AUDIO)}, nil},
		"H-13 not the main thread": {"x11", ignore, nil, host.ErrNotMainThread},
		"H-13 by default":          {"", ignore, nil, host.ErrNotMainThread},
		"H-13 perhaps a screen":    {"dummy,x11", ignore, []host.Option{host.WithInit(sdl.INIT_VIDEO | sdl.INIT_AUDIO)}, host.ErrNotMainThread},
		"no handler":               {"dummy", nil, nil, host.ErrNoHandler},
	} {
		t.Run(name, func(t *testing.T) {
			defer setDriver("dummy")
			setDriver(row.driver)
			for range 20 {
				c, err := caller.New(t.Context(), caller.WithHost(host.NewHost(row.handler, row.opts...)), quiet)
				if row.want == nil {
					require.ErrorContains(t, err, "'none such' not available")
				} else {
					require.ErrorIs(t, err, row.want)
				}
				require.Equal(t, caller.Stopped, c.State())
				require.ErrorIs(t, c.CallSoon(t.Context(), func(context.Context) error { return nil }).Err(), loop.ErrStopped)
				require.Zero(t, sdl.WasInit(0))
			}
			setDriver("dummy")
			do(t, start(t, ignore), func() {})
		})
	}
	require.ErrorIs(t, withoutLibrary, host.ErrNoLibrary)
}

// H-13: without a screen, and without video, any thread will do.
func TestAnyThread_H13(t *testing.T) {
	for range 3 {
		for flags, driver := range map[sdl.InitFlags]string{sdl.INIT_VIDEO: "offscreen,dummy", sdl.INIT_EVENTS: "x11"} {
			t.Run(driver, func(t *testing.T) {
				defer setDriver("dummy")
				setDriver(driver)
				c := start(t, ignore, host.WithInit(flags))
				do(t, c, func() { assert.Equal(t, flags|sdl.INIT_EVENTS, sdl.WasInit(0)) })
			})
		}
	}
}

// H-11: a second host is refused while there is one.
func TestOneAtATime_H11(t *testing.T) {
	c := start(t, ignore)
	_, err := caller.New(t.Context(), caller.WithHost(host.NewHost(ignore)), quiet)
	require.ErrorIs(t, err, host.ErrInUse)
	do(t, c, func() {})
	require.NoError(t, c.Close())
	do(t, start(t, ignore), func() {})
}

// A host that is woken before it runs, while it closes and after that.
func TestWakeAtAnyTime(t *testing.T) {
	for range 20 {
		h := host.NewHost(ignore)
		c, err := caller.New(t.Context(), caller.WithHost(h))
		require.NoError(t, err)
		stop := make(chan struct{})
		var wakers sync.WaitGroup
		for range 4 {
			wakers.Go(func() {
				for {
					h.Wake()
					select {
					case <-stop:
						return
					case <-time.After(100 * time.Microsecond):
					}
				}
			})
		}
		do(t, c, func() {})
		require.NoError(t, c.Close())
		h.Wake()
		close(stop)
		wakers.Wait()
		require.Zero(t, sdl.WasInit(0))
	}
	l := loop.New(loop.WithHost(host.NewHost(ignore)))
	ran := make(chan struct{})
	require.NoError(t, l.Post(func() { close(ran) })) // wakes the host before it has SDL
	go func() {
		<-ran
		l.Stop()
	}()
	require.NoError(t, l.Run(t.Context()))
}

// A handler cannot wait, and is told so; one that panics stops the caller.
func TestHandler(t *testing.T) {
	errTest := errors.New("test error")
	var c *caller.Caller
	handed := make(chan error, 1)
	h := host.NewHost(func(event sdl.Event) {
		switch event.Type {
		case sdl.EVENT_USER:
			assert.Same(t, c, caller.Current(context.Background()))
			assert.ErrorIs(t, loop.Sleep(context.Background(), time.Hour), loop.ErrCannotSuspend)
			c.CallSoon(context.Background(), func(ctx context.Context) error {
				err := loop.Sleep(ctx, time.Millisecond)
				handed <- err
				return err
			})
		case sdl.EVENT_USER + 1:
			panic(errTest)
		}
	})
	c, err := caller.New(t.Context(), caller.WithHost(h), quiet)
	require.NoError(t, err)
	require.NoError(t, sdl.PushEvent(userEvent(0)))
	require.NoError(t, <-handed)
	suspended := c.CallSoon(t.Context(), func(ctx context.Context) error { return loop.Sleep(ctx, time.Hour) })
	require.NoError(t, sdl.PushEvent(userEvent(1)))
	require.ErrorIs(t, c.WaitStopped(t.Context()), errTest)
	require.ErrorIs(t, suspended.WaitDone(t.Context()), nil)
	require.ErrorIs(t, suspended.Err(), loop.ErrStopped)
	require.ErrorIs(t, c.Close(), errTest)
	require.Zero(t, sdl.WasInit(0))
}
