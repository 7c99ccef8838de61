package loop_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

// Post, Do, Yield, a suspension and an Await that does not wait allocate nothing once things are going.
func TestAllocations(t *testing.T) {
	skipOnJS(t, "telling goroutines apart allocates there")
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	l := running(t)
	nothing := func() {}
	measure := func(name string, fn func()) {
		for range 5000 {
			fn()
		}
		// A garbage collection in the middle empties the pools.
		assert.Less(t, testing.AllocsPerRun(2000, fn), 1.0, name)
	}
	measure("Post", func() { _ = l.Post(nothing) })
	measure("Do", func() { _ = l.Do(background, nothing) })
	driven := manual(t)
	measure("Await without waiting", func() { _ = driven.Await(background, 0) })
	require.NoError(t, l.Do(background, func() {
		p, _ := loop.Self()
		unpark := p.Unpark
		measure("Yield", func() { _ = loop.Yield(background) })
		measure("Park", func() {
			_ = l.Post(unpark)
			_ = p.Park(background)
		})
	}))
}
