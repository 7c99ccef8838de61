package loop_test

import (
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/loop/looptest"
)

// A wait inside an iterator that is pulled is not the call's own, and would hold up the loop's thread: it fails,
// on this loop and on others, with a host too, and also when more loops are driven than are looked through. Do on the
// thread's own loop runs at once.
func TestWaitInsidePull(t *testing.T) {
	skipOnJS(t, "there is no thread to tell by")
	other := loop.New() // nobody drives it
	t.Cleanup(other.Stop)
	test := func(t *testing.T, l *loop.Loop) {
		var slept, asked, own error
		ran := false
		require.NoError(t, l.Do(background, func() {
			next, stop := iter.Pull(func(yield func(int) bool) {
				slept = loop.Sleep(background, time.Millisecond)
				asked = other.Do(background, func() {})
				own = l.Do(background, func() { ran = true })
				yield(1)
			})
			defer stop()
			next()
		}))
		require.ErrorIs(t, slept, loop.ErrCannotSuspend)
		require.ErrorIs(t, asked, loop.ErrCannotSuspend)
		require.NoError(t, own)
		require.True(t, ran)
	}
	t.Run("loop", func(t *testing.T) { test(t, running(t)) })
	t.Run("many loops", func(t *testing.T) {
		for range 40 {
			require.NoError(t, running(t).Do(background, func() {}))
		}
		test(t, running(t))
	})
	t.Run("loops that have stopped", func(t *testing.T) {
		for range 40 {
			onLoop(func() {})
		}
		test(t, running(t))
	})
	t.Run("native event", func(t *testing.T) {
		h := looptest.NewHost()
		running(t, loop.WithHost(h))
		failed := make(chan error)
		h.Send(func() {
			next, stop := iter.Pull(func(yield func(int) bool) { failed <- loop.Sleep(background, time.Millisecond) })
			defer stop()
			next()
		})
		require.ErrorIs(t, <-failed, loop.ErrCannotSuspend)
	})
}
