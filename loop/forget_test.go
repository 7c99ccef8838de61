package loop_test

import (
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

// A guest that has stopped is garbage, however far away the timer is that it was waiting for.
func TestStoppedGuestIsForgotten(t *testing.T) {
	skipOnJS(t, "its stacks keep what they have held")
	var stopped weak.Pointer[loop.Loop]
	onGoroutine(func() {
		var asked []func()
		l := loop.New(loop.WithGuest(func(run func()) { asked = append(asked, run) }))
		_, err := l.PostDelayed(time.Hour, func() {})
		assert.NoError(t, err)
		asked[0]()
		l.Stop()
		asked[1]()
		<-l.Done()
		stopped = weak.Make(l)
	})
	for range 10 {
		runtime.GC()
	}
	require.True(t, stopped.Value() == nil, "it is still in memory")
}

// What a call has held is garbage once it is over, while the loop sleeps on, and so is what a timer held that is
// stopped, although others are far away.
func TestCallsAreForgotten(t *testing.T) {
	skipOnJS(t, "its stacks keep what they have held")
	l := running(t)
	_, err := l.PostDelayed(time.Hour, func() {})
	require.NoError(t, err)
	hold := func(run func(fn func())) weak.Pointer[[1 << 16]byte] {
		held := new([1 << 16]byte)
		run(func() { held[0]++ })
		return weak.Make(held)
	}
	forgotten := func(run func(fn func())) {
		for held := hold(run); held.Value() != nil; {
			runtime.GC()
		}
	}
	forgotten(func(fn func()) { require.NoError(t, l.Post(fn)) })
	forgotten(func(fn func()) {
		timer, err := l.PostDelayed(2*time.Hour, fn)
		require.NoError(t, err)
		require.True(t, timer.Stop())
	})
}
