package glib_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/loop/host/glib"
	"github.com/pinion-go/pinion/loop/host/glib/internal/toolkit"
)

// A main loop inside the main loop, as of a modal dialog, opened by a call or by a native handler: calls that come
// run meanwhile and cannot wait, suspended ones go on when it has returned, and none is lost.
func TestGuestInANestedMainLoop(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, c *caller.Caller, native *glib.Context, dialog func()){
		"from a call": func(t *testing.T, c *caller.Caller, _ *glib.Context, dialog func()) {
			require.NoError(t, c.CallDirect(dialog))
		},
		"from a handler": func(t *testing.T, c *caller.Caller, native *glib.Context, dialog func()) {
			var once sync.Once
			toolkit.Every(native.Native(), time.Millisecond, func() { once.Do(dialog) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			native := glib.NewContext()
			ctx := t.Context()
			c, err := caller.New(ctx, caller.WithGuest(glib.Guest(native)), caller.WithSlowCall(0))
			require.NoError(t, err)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				toolkit.RunUntil(native.Native(), c.Loop().Done())
			}()
			suspended := c.CallSoon(ctx, func(ctx context.Context) error { return loop.Sleep(ctx, 50*time.Millisecond) })
			opened, closed := make(chan struct{}), make(chan struct{})
			open(t, c, native, func() {
				close(opened)
				toolkit.RunUntil(native.Native(), closed)
			})
			<-opened
			for range 100 {
				_, err := c.CallSoon(ctx, func(ctx context.Context) error {
					assert.ErrorIs(t, loop.Sleep(ctx, time.Hour), loop.ErrCannotSuspend)
					return nil
				}).Wait(ctx)
				require.NoError(t, err)
			}
			require.NoError(t, c.CallLater(ctx, 20*time.Millisecond, func(context.Context) error { return nil }).WaitDone(ctx))
			select {
			case <-suspended.Done():
				t.Error("a suspended call went on inside the nested main loop")
			case <-time.After(100 * time.Millisecond):
			}
			close(closed)
			require.NoError(t, suspended.WaitDone(ctx))
			require.NoError(t, suspended.Err())
			_, err = c.CallSoon(ctx, func(ctx context.Context) error { return loop.Sleep(ctx, time.Millisecond) }).Wait(ctx)
			require.NoError(t, err)
			require.NoError(t, c.Close())
			<-ended
		})
	}
}
