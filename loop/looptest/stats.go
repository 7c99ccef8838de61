package looptest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

var stats = []Case{
	{"Stats/Gauges", statsGauges},
	{"Stats/CallsRun", statsCallsRun},
	{"Stats/CallsRunStoppedBeforeStart", statsStoppedBeforeStart},
}

func statsGauges(t *testing.T, d Driver) {
	l := d.drive(t, loop.WithName("gauges"))
	assert.Equal(t, "gauges", l.Stats().Name)
	ch := make(chan int)
	for range 5 {
		require.NoError(t, l.Post(func() { _, _, _ = loop.Receive(background, ch) }))
	}
	timer, err := l.PostDelayed(time.Hour, func() {})
	require.NoError(t, err)
	release := occupy(t, l)
	require.NoError(t, l.Post(func() {}))
	s := l.Stats()
	assert.Equal(t, 5, s.Suspended)
	assert.Equal(t, 1, s.Timers)
	assert.Equal(t, 1, s.QueueDepth)
	assert.Equal(t, l.ThreadID(), s.ThreadID)
	release()
	close(ch)
	timer.Stop()
	for l.Stats().Suspended > 0 {
		require.NoError(t, loop.Sleep(background, time.Millisecond))
	}
	s = l.Stats()
	assert.Zero(t, s.QueueDepth)
	assert.Zero(t, s.Timers)
	assert.Zero(t, s.Dropped)
}

// CallsRun counts calls, not how often they have been suspended.
func statsCallsRun(t *testing.T, d Driver) {
	l := d.drive(t)
	call(t, l, func() {
		for range 3 {
			assert.NoError(t, loop.Yield(background))
			assert.NoError(t, loop.Sleep(background, time.Millisecond))
		}
	})
	fired := make(chan struct{})
	_, err := l.PostDelayed(0, func() { close(fired) })
	require.NoError(t, err)
	await(t, fired)
	assert.EqualValues(t, 2, l.Stats().CallsRun)
}

func statsStoppedBeforeStart(t *testing.T, d Driver) {
	l, run := d.make(t)
	require.NoError(t, l.Post(func() {}))
	l.Stop()
	await(t, l.Done())
	assert.Zero(t, l.Stats().CallsRun)
	assert.EqualValues(t, 1, l.Stats().Dropped)
	assert.Zero(t, l.Stats().QueueDepth)
	run()
}
