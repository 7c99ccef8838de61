package loop_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

// A call that yields comes behind all that is ready: timers that are due, and calls whose wait is over.
func TestYieldLetsEverythingReadyRun(t *testing.T) {
	const n = 300
	l := manual(t)
	var got []string
	var parkers []*loop.Parker
	for range n {
		require.NoError(t, l.Post(func() {
			p, _ := loop.Self()
			parkers = append(parkers, p)
			assert.NoError(t, p.Park(background))
			got = append(got, "resumed")
		}))
	}
	drain(l)
	for range n {
		_, err := l.PostDelayed(0, func() { got = append(got, "timer") })
		require.NoError(t, err)
	}
	for _, p := range parkers {
		p.Unpark()
	}
	require.NoError(t, l.Post(func() {
		assert.NoError(t, loop.Yield(background))
		assert.Equal(t, 2*n, len(got))
	}))
	drain(l)
	assert.Equal(t, 2*n, len(got))
}

// What is queued when a call stops its own loop is dropped, however well the loop has got going.
func TestStopInsideCallDropsTheRest(t *testing.T) {
	l := manual(t)
	for range 5000 {
		require.NoError(t, l.Post(func() {}))
	}
	drain(l)
	require.NoError(t, l.Post(l.Stop))
	for range 10 {
		require.NoError(t, l.Post(func() { t.Error("ran after Stop") }))
	}
	l.RunPending()
	<-l.Done()
	assert.EqualValues(t, 10, l.Stats().Dropped)
}
