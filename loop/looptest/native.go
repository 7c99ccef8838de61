package looptest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

var native = []Case{
	{"Native/FloodOfCalls", func(t *testing.T, d Driver) {
		nativeFlood(t, d, time.Millisecond, 8)
	}},
	{"Native/FloodOfSlowCalls", func(t *testing.T, d Driver) {
		nativeFlood(t, d, 20*time.Millisecond, 1)
	}},
}

// nativeFlood keeps the loop busy with calls that hold the thread for as long, at least, until native events have
// been handled meanwhile. Between two of them so many calls run, at most, as begin within 8 ms; or 8, at first, since
// the calls before were quick.
func nativeFlood(t *testing.T, d Driver, each time.Duration, atMost int) {
	if d.Native == nil {
		t.Skip("no toolkit drives this kind of loop")
	}
	const begin, events = 2, 12 // the flood comes with the event of that number
	l := d.drive(t, loop.WithSlowCall(0))
	calls := 0        // since the last event
	var between []int // events
	over := make(chan struct{})
	var again, handle func()
	again = func() {
		calls++
		time.Sleep(each)
		if len(between) < events {
			assert.NoError(t, l.Post(again))
		}
	}
	handle = func() {
		between = append(between, calls)
		calls = 0
		if len(between) == begin {
			for range 20 {
				assert.NoError(t, l.Post(again))
			}
		}
		if len(between) < events {
			d.Native(t, l, handle)
		} else {
			close(over)
		}
	}
	for range 1000 {
		require.NoError(t, l.Post(func() {}))
	}
	call(t, l, func() { d.Native(t, l, handle) })
	await(t, over)
	call(t, l, func() {
		assert.LessOrEqual(t, slices.Max(between), 8, "calls between two native events: %v", between)
		assert.LessOrEqual(t, slices.Max(between[begin+2:]), atMost, "calls between two native events: %v", between)
	})
}
