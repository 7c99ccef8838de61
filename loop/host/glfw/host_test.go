package glfw_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
	"go.uber.org/goleak"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/caller/mainthread"
	"github.com/pinion-go/pinion/loop"
	pinionglfw "github.com/pinion-go/pinion/loop/host/glfw"
	"github.com/pinion-go/pinion/loop/host/glfw/glfwtest"
	"github.com/pinion-go/pinion/loop/looptest"
	"github.com/pinion-go/pinion/registry"
)

func TestMain(m *testing.M) {
	code := glfwtest.Main(m)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Println(err)
			code = 1
		}
	}
	os.Exit(code)
}

// run is mainthread.Run with a host.
func run(host loop.Host, body func(ctx context.Context, c *caller.Caller) error) (err error) {
	glfwtest.OnMain(func() { err = mainthread.Run(body, caller.WithHost(host)) })
	return err
}

func newWindow(title string) (*glfw.Window, error) {
	glfw.WindowHint(glfw.ClientAPI, glfw.NoAPI)
	return glfw.CreateWindow(200, 100, title, nil, nil)
}

func TestConformance(t *testing.T) {
	windows := map[*loop.Loop]*glfw.Window{} // for the loop's thread
	looptest.Run(t, looptest.Driver{
		New: func(t testing.TB, opts ...loop.Option) (*loop.Loop, func()) {
			l := loop.New(append(opts, loop.WithHost(pinionglfw.NewHost()))...)
			return l, func() {
				glfwtest.OnMain(func() { assert.NotErrorIs(t, l.Run(context.Background()), pinionglfw.ErrInit) })
			}
		},
		Native: func(t testing.TB, l *loop.Loop, handler func()) {
			if windows[l] == nil {
				window, err := newWindow("native")
				if !assert.NoError(t, err) {
					return
				}
				windows[l] = window
			}
			windows[l].SetKeyCallback(func(*glfw.Window, glfw.Key, int, glfw.Action, glfw.ModifierKey) { handler() })
			assert.NoError(t, glfwtest.Press("native", 24))
		},
	})
}

// H-13
func TestOtherThreadsAreRefused(t *testing.T) {
	c, err := caller.New(t.Context(), caller.WithHost(pinionglfw.NewHost()))
	require.ErrorIs(t, err, pinionglfw.ErrNotMainThread)
	require.ErrorIs(t, err, caller.ErrNotMainThread)
	require.Equal(t, caller.Stopped, c.State())

	// Also while the main thread has GLFW, which goes on.
	require.NoError(t, run(pinionglfw.NewHost(), func(ctx context.Context, c *caller.Caller) error {
		_, err := c.Get("child", caller.WithHost(pinionglfw.NewHost()))
		assert.ErrorIs(t, err, pinionglfw.ErrNotMainThread)
		_, err = newWindow("still here")
		return err
	}))
}

// C-16
func TestNoDisplay(t *testing.T) {
	for name, display := range map[string]string{"none": "", "wrong": ":nonsense"} {
		t.Setenv("DISPLAY", display)
		l := loop.New(loop.WithHost(pinionglfw.NewHost()))
		require.NoError(t, l.Post(func() { t.Error("ran") }))
		asked := make(chan error, 1)
		go func() { asked <- l.Do(context.Background(), func() { t.Error("ran") }) }()
		var err error
		glfwtest.OnMain(func() { err = l.Run(context.Background()) })
		require.ErrorIs(t, err, pinionglfw.ErrInit, name)
		require.ErrorContains(t, err, "display", name)
		require.ErrorIs(t, <-asked, loop.ErrStopped)
		<-l.Done()
		require.ErrorIs(t, run(pinionglfw.NewHost(), func(context.Context, *caller.Caller) error {
			t.Error("ran")
			return nil
		}), pinionglfw.ErrInit, name)
	}
}

// Wake does no harm before the start, after the end and in between, from many goroutines.
func TestWakeAtAnyTime(t *testing.T) {
	host := pinionglfw.NewHost()
	host.Wake()
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Microsecond):
				host.Wake()
			}
		}
	}()
	for range 20 {
		require.NoError(t, run(host, func(ctx context.Context, _ *caller.Caller) error {
			return loop.Sleep(ctx, time.Millisecond)
		}))
	}
	close(stop)
	<-ended
	host.Wake()
	require.NoError(t, host.Close())
}

// A call that polls takes the event by which the host was to be woken.
func TestPollingInACallLosesNoWake(t *testing.T) {
	host := pinionglfw.NewHost()
	glfwtest.OnMain(func() {
		assert.NoError(t, host.Wait(0))
		for range 3 {
			host.Wake()
			glfw.PollEvents()
			assert.NoError(t, host.Wait(-1))
		}
		assert.NoError(t, host.Close())
	})
}

// Native events and calls share the thread, and calls that wait let both go on.
func TestNativeEventsGoOn(t *testing.T) {
	require.NoError(t, run(pinionglfw.NewHost(), func(ctx context.Context, c *caller.Caller) error {
		window, err := newWindow("keys")
		if err != nil {
			return err
		}
		scancodes := make(chan int, 10)
		window.SetKeyCallback(func(_ *glfw.Window, _ glfw.Key, scancode int, _ glfw.Action, _ glfw.ModifierKey) {
			assert.True(t, c.Loop().OnThread())
			assert.ErrorIs(t, loop.Sleep(context.Background(), time.Hour), loop.ErrCannotSuspend)
			scancodes <- scancode
		})
		for scancode := range 5 {
			p := c.CallSoon(ctx, func(ctx context.Context) error { return loop.Sleep(ctx, time.Millisecond) })
			_, perr := loop.Block(ctx, func(context.Context) (int, error) { return 0, glfwtest.Press("keys", byte(24+scancode)) })
			got, _, rerr := loop.Receive(ctx, scancodes)
			assert.Equal(t, 24+scancode, got)
			if _, werr := p.Wait(ctx); perr != nil || rerr != nil || werr != nil {
				return errors.Join(perr, rerr, werr)
			}
		}
		return nil
	}))
}

// Closing the window stops the caller: its children first, then its calls, and GLFW last.
func TestClosingTheWindowStops(t *testing.T) {
	var order []string
	err := run(pinionglfw.NewHost(), func(ctx context.Context, c *caller.Caller) error {
		window, err := newWindow("to be closed")
		if err != nil {
			return err
		}
		defer func() { // GLFW is still there
			window.Destroy()
			order = append(order, "window")
		}()
		child, err := c.Get("child")
		if err != nil {
			return err
		}
		child.CallSoon(ctx, func(ctx context.Context) error {
			defer func() { order = append(order, "child") }()
			return loop.Sleep(ctx, time.Hour)
		})
		window.SetCloseCallback(func(*glfw.Window) { c.Stop(true) })
		_, err = loop.Block(ctx, func(context.Context) (int, error) {
			return 0, errors.Join(child.Do(ctx, func() {}), glfwtest.Close("to be closed"))
		})
		if err != nil {
			return err
		}
		return loop.Sleep(ctx, time.Hour)
	})
	require.ErrorIs(t, err, loop.ErrStopped)
	require.Equal(t, []string{"child", "window"}, order)
	require.Empty(t, registry.All(false))
}

// H-10: what GLFW or a callback panics with is the host's error.
func TestPanics(t *testing.T) {
	failure := errors.New("failure")
	for name, row := range map[string]struct {
		callback func()
		want     func(error) bool
	}{
		"a callback's": {func() { panic(failure) }, func(err error) bool { return errors.Is(err, failure) }},
		"GLFW's": {func() { glfw.SwapInterval(1) }, func(err error) bool {
			_, ok := errors.AsType[*glfw.Error](err)
			return ok
		}},
	} {
		err := run(pinionglfw.NewHost(), func(ctx context.Context, c *caller.Caller) error {
			window, err := newWindow(name)
			if err != nil {
				return err
			}
			window.SetSizeCallback(func(*glfw.Window, int, int) { row.callback() })
			window.SetSize(300, 200)
			return loop.Sleep(ctx, time.Hour)
		})
		require.True(t, row.want(err), "%s: %v", name, err)
	}
	require.NoError(t, run(pinionglfw.NewHost(), func(context.Context, *caller.Caller) error { return nil }), "GLFW can be used again")
}

// watched counts how often its loop wakes up, and keeps the timeout with which it sleeps.
type watched struct {
	loop.Host
	waits   atomic.Int64
	timeout atomic.Duration
}

func (w *watched) Wait(timeout time.Duration) error {
	w.waits.Inc()
	w.timeout.Store(timeout)
	return w.Host.Wait(timeout)
}

// With nothing to do the loop sleeps without a timeout, and with a timer until then.
func TestIdle(t *testing.T) {
	host := &watched{Host: pinionglfw.NewHost()}
	require.NoError(t, run(host, func(ctx context.Context, c *caller.Caller) error {
		if _, err := newWindow("idle"); err != nil {
			return err
		}
		if err := loop.Sleep(ctx, 200*time.Millisecond); err != nil { // the window's first events
			return err
		}
		before := host.waits.Load()
		if err := loop.Sleep(ctx, 300*time.Millisecond); err != nil {
			return err
		}
		assert.LessOrEqual(t, host.waits.Load()-before, int64(5))
		assert.GreaterOrEqual(t, host.timeout.Load(), time.Duration(0))

		_, err := loop.Block(ctx, func(context.Context) (int, error) {
			for host.timeout.Load() >= 0 {
				time.Sleep(time.Millisecond)
			}
			before := host.waits.Load()
			time.Sleep(100 * time.Millisecond)
			assert.LessOrEqual(t, host.waits.Load()-before, int64(5))
			return 0, nil
		})
		return err
	}))
}
