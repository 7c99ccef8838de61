package loop_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

//go:noinline
func hogs(d time.Duration) { time.Sleep(d) }

//go:noinline
func hogsToo(d time.Duration) { time.Sleep(d) }

// deeply calls fn below many frames of its own.
func deeply(n int, fn func()) int {
	if n == 0 {
		fn()
		return 0
	}
	return deeply(n-1, fn) + 1
}

// watched runs body in a bubble with a loop whose watchdog allows 100 ms, and returns what it has logged.
func watched(t *testing.T, body func(t *testing.T, l *loop.Loop), opts ...loop.Option) string {
	var log logs
	synctest.Test(t, func(t *testing.T) {
		body(t, running(t, append([]loop.Option{loop.WithName("watched"), log.option()}, opts...)...))
	})
	return log.String()
}

func TestWatchdogNamesTheCulprit(t *testing.T) {
	log := watched(t, func(t *testing.T, l *loop.Loop) {
		require.NoError(t, l.Do(background, func() { hogs(time.Second) }))
		assert.EqualValues(t, 1, l.Stats().SlowCalls)
		require.NoError(t, l.Do(background, func() {})) // the turn of the first has been measured
		assert.Equal(t, time.Second, l.Stats().LongestCall)
	})
	assert.Equal(t, 1, strings.Count(log, "\n"), "one warning for one call: %s", log)
	assert.Contains(t, log, "loop_test.hogs+")
	assert.Contains(t, log, `"loop":"watched"`)
}

// A call that has been suspended, and its place among a thousand suspended ones, make no difference.
func TestWatchdogAmongSuspendedCalls(t *testing.T) {
	log := watched(t, func(t *testing.T, l *loop.Loop) {
		for range 1000 {
			require.NoError(t, l.Post(func() { _ = loop.Sleep(background, time.Hour) }))
		}
		require.NoError(t, l.Do(background, func() {
			assert.NoError(t, loop.Sleep(background, time.Minute))
			hogs(time.Second)
		}))
		assert.EqualValues(t, 1, l.Stats().SlowCalls)
	})
	assert.Contains(t, log, "loop_test.hogs+")
	assert.NotContains(t, log, "hogsToo")
}

func TestWatchdogWarnsOfEachCall(t *testing.T) {
	log := watched(t, func(t *testing.T, l *loop.Loop) {
		for range 3 {
			require.NoError(t, l.Do(background, func() { hogs(time.Second) }))
			require.NoError(t, l.Do(background, func() { hogs(99 * time.Millisecond) }))
		}
		assert.EqualValues(t, 3, l.Stats().SlowCalls)
	})
	assert.Equal(t, 3, strings.Count(log, "loop_test.hogs+"))
}

// Waiting is not holding; nor is the sum of many short calls.
func TestWatchdogIsSilent(t *testing.T) {
	assert.Empty(t, watched(t, func(t *testing.T, l *loop.Loop) {
		require.NoError(t, l.Do(background, func() { assert.NoError(t, loop.Sleep(background, time.Hour)) }))
		for range 100 {
			require.NoError(t, l.Post(func() { hogs(10 * time.Millisecond) }))
		}
		require.NoError(t, l.Do(background, func() {
			for range 100 {
				hogs(10 * time.Millisecond)
				assert.NoError(t, loop.Yield(background))
			}
		}))
		time.Sleep(time.Hour)
	}))
	assert.Empty(t, watched(t, func(t *testing.T, l *loop.Loop) {
		require.NoError(t, l.Do(background, func() { hogs(time.Hour) }))
		assert.Zero(t, l.Stats().SlowCalls)
	}, loop.WithSlowCall(0)))
}

// Each loop's warning shows its own thread's stack, also when all have the same name.
func TestWatchdogTellsLoopsApart(t *testing.T) {
	var one, two logs
	synctest.Test(t, func(t *testing.T) {
		a, b := running(t, loop.WithName("same"), one.option()), running(t, loop.WithName("same"), two.option())
		require.NoError(t, a.Post(func() { hogs(time.Second) }))
		require.NoError(t, b.Post(func() { hogsToo(time.Second) }))
		time.Sleep(2 * time.Second)
	})
	assert.Contains(t, one.String(), "loop_test.hogs+")
	assert.NotContains(t, one.String(), "hogsToo")
	assert.Contains(t, two.String(), "loop_test.hogsToo+")
}

// A stack deeper than the 128 frames that profiles show is not taken for no stack.
func TestWatchdogDeepStack(t *testing.T) {
	log := watched(t, func(t *testing.T, l *loop.Loop) {
		require.NoError(t, l.Do(background, func() { deeply(300, func() { hogs(time.Second) }) }))
	})
	assert.Contains(t, log, "loop_test.hogs+")
}

// A call that computes is found as well as one that sleeps. In real time, since a bubble's stands still
// while somebody computes.
func TestWatchdogFindsComputing(t *testing.T) {
	skipOnJS(t, "the watchdog needs a second thread to look at a busy one")
	var log logs
	l := running(t, loop.WithSlowCall(time.Millisecond), log.option())
	require.NoError(t, l.Do(background, func() { computes(l) }))
	assert.Contains(t, log.String(), "loop_test.computes+")
}

var sink atomic.Uint64

// computes until the watchdog has noticed.
//
//go:noinline
func computes(l *loop.Loop) {
	for l.Stats().SlowCalls == 0 {
		sink.Add(1)
	}
	for range 1 << 24 { // while it takes the stack
		sink.Add(1)
	}
}
