package gtktest

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/loop/host/glib"
	"github.com/pinion-go/pinion/loop/host/xvfb"
	"github.com/pinion-go/pinion/registry"
)

// TestMain starts an X server if there is no display: one, since GTK opens its display once.
func TestMain(m *testing.M) {
	stop, err := xvfb.Start()
	if err != nil {
		fmt.Println(err)
		os.Exit(0)
	}
	_ = os.Setenv("GSK_RENDERER", "cairo") // GTK's own GL renderer wants more than Xvfb has
	code := m.Run()
	stop()
	os.Exit(code)
}

// A window of GTK's lives on a caller's thread: calls and handlers take turns there, calls wait, and handlers
// hand over what has to wait.
func TestWindow(t *testing.T) {
	ctx := t.Context()
	gtk, err := caller.New(ctx, caller.WithName("gtk"), caller.WithSlowCall(0), caller.WithHost(glib.NewHost(glib.DefaultContext())))
	require.NoError(t, err)
	defer func() {
		require.NoError(t, gtk.Close())
		require.Empty(t, registry.All(false))
	}()
	p := gtk.CallSoon(ctx, func(ctx context.Context) error {
		if !assert.True(t, initialize(), "GTK finds no display") {
			return nil
		}
		answers := make(chan string, 1)
		w := newWindow(func() {
			assert.True(t, gtk.Loop().OnThread())
			assert.ErrorIs(t, loop.Sleep(context.Background(), time.Hour), loop.ErrCannotSuspend)
			gtk.CallSoon(context.Background(), func(ctx context.Context) error {
				err := loop.Sleep(ctx, 20*time.Millisecond)
				answers <- "asked for and come"
				return err
			})
		}, func() {})
		defer w.destroy()
		for !w.mapped() { // GTK's own events go on meanwhile
			if err := loop.Sleep(ctx, time.Millisecond); err != nil {
				return err
			}
		}
		w.click()
		answer, _, err := loop.Receive(ctx, answers)
		w.setText(answer)
		assert.Equal(t, "asked for and come", w.text())
		return err
	})
	_, err = p.Wait(ctx)
	require.NoError(t, err)
}

// Closing the window stops the caller: its children first, then its calls, which find GTK still there.
func TestClosingTheWindowStops(t *testing.T) {
	ctx := t.Context()
	gtk, err := caller.New(ctx, caller.WithName("gtk"), caller.WithSlowCall(0), caller.WithHost(glib.NewHost(glib.DefaultContext())))
	require.NoError(t, err)
	child, err := gtk.Get("child")
	require.NoError(t, err)
	var order []string
	child.CallSoon(ctx, func(ctx context.Context) error {
		defer func() { order = append(order, "child") }()
		return loop.Sleep(ctx, time.Hour)
	})
	require.NoError(t, child.Do(ctx, func() {}))
	p := gtk.CallSoon(ctx, func(ctx context.Context) error {
		if !assert.True(t, initialize(), "GTK finds no display") {
			return nil
		}
		w := newWindow(func() {}, func() { gtk.Stop(true) })
		defer func() {
			w.destroy()
			order = append(order, "window")
		}()
		w.close()
		return loop.Sleep(ctx, time.Hour)
	})
	require.NoError(t, gtk.WaitStopped(ctx))
	require.ErrorIs(t, p.Err(), loop.ErrStopped)
	require.Equal(t, []string{"child", "window"}, order)
	require.Empty(t, registry.All(false))
}
