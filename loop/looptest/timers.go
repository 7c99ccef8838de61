package looptest

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

var timers = []Case{
	{"Timer/RunInOrderNeverEarly", timersInOrder},
	{"Timer/EqualTimesKeepTheirOrder", equalTimes},
	{"Timer/Stop", stopTimers},
	{"Timer/ZeroAndNegative", pastTimers},
	{"Timer/EndOfTime", endOfTime},
	{"Timer/Sleepers", sleepers},
}

// S-13: by due time, counted from the submission, and never early.
func timersInOrder(t *testing.T, d Driver) {
	const n = 50
	l := d.drive(t)
	done := make(chan struct{})
	var got []int
	for i := range n {
		k := (i * 7) % n
		delay := time.Duration(k) * 2 * time.Millisecond
		start := time.Now()
		_, err := l.PostDelayed(delay, func() {
			assert.GreaterOrEqual(t, time.Since(start), delay)
			if got = append(got, k); len(got) == n {
				close(done)
			}
		})
		require.NoError(t, err)
	}
	await(t, done)
	// On a slow machine more than 2 ms may pass between two submissions, which then change places.
	if !assert.ObjectsAreEqual(numbers(n), got) {
		assert.ElementsMatch(t, numbers(n), got)
	}
}

func equalTimes(t *testing.T, d Driver) {
	const n = 100
	l := d.drive(t)
	done := make(chan struct{})
	var got []int
	for i := range n {
		_, err := l.PostDelayed(5*time.Millisecond, func() {
			if got = append(got, i); len(got) == n {
				close(done)
			}
		})
		require.NoError(t, err)
	}
	await(t, done)
	assert.Equal(t, numbers(n), got)
}

func stopTimers(t *testing.T, d Driver) {
	l := d.drive(t)
	far, err := l.PostDelayed(time.Hour, func() { t.Error("ran") })
	require.NoError(t, err)
	assert.Equal(t, 1, l.Stats().Timers)
	assert.True(t, far.Stop())
	assert.False(t, far.Stop())
	assert.Zero(t, l.Stats().Timers)

	// One that is due can be stopped until it runs.
	release := occupy(t, l)
	first, err := l.PostDelayed(0, func() {})
	require.NoError(t, err)
	var second *loop.Timer
	ran := make(chan struct{})
	_, err = l.PostDelayed(0, func() {
		assert.False(t, first.Stop(), "has run")
		assert.True(t, second.Stop(), "has not")
		close(ran)
	})
	require.NoError(t, err)
	second, err = l.PostDelayed(0, func() { t.Error("ran") })
	require.NoError(t, err)
	release()
	await(t, ran)
	call(t, l, func() {})
}

func pastTimers(t *testing.T, d Driver) {
	l := d.drive(t)
	for _, delay := range []time.Duration{0, -1, -time.Hour, math.MinInt64} {
		ran := make(chan struct{})
		_, err := l.PostDelayed(delay, func() { close(ran) })
		require.NoError(t, err)
		await(t, ran)
	}
}

func endOfTime(t *testing.T, d Driver) {
	l := d.drive(t)
	timer, err := l.PostDelayed(math.MaxInt64, func() { t.Error("ran") })
	require.NoError(t, err)
	near := make(chan struct{})
	_, err = l.PostDelayed(time.Millisecond, func() { close(near) })
	require.NoError(t, err)
	await(t, near)
	assert.True(t, timer.Stop())
}

// Sleeping calls wake in the order of their times, and not early.
func sleepers(t *testing.T, d Driver) {
	const n = 20
	l := d.drive(t)
	done := make(chan struct{})
	woken := 0
	for i := range n {
		delay := time.Duration(n-i) * time.Millisecond
		require.NoError(t, l.Post(func() {
			start := time.Now()
			assert.NoError(t, loop.Sleep(background, delay))
			assert.GreaterOrEqual(t, time.Since(start), delay)
			if woken++; woken == n {
				close(done)
			}
		}))
	}
	await(t, done)
	call(t, l, func() {})
	assert.Zero(t, l.Stats().Timers)
}
