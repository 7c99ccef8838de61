package looptest

import (
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

// nativeFlood keeps the loop busy for ever with calls that hold the thread for as long, at least. Native events are
// handled meanwhile, and so many calls run between two of them, at most, as begin within 8 ms.
func nativeFlood(t *testing.T, d Driver, each time.Duration, atMost int) {
	if d.Native == nil {
		t.Skip("no toolkit drives this kind of loop")
	}
	l := d.drive(t, loop.WithSlowCall(0))
	var events, calls, most int
	over := make(chan struct{})
	var again, handle func()
	again = func() {
		calls++
		time.Sleep(each)
		if events < 10 {
			assert.NoError(t, l.Post(again))
		}
	}
	handle = func() {
		if events++; events > 1 { // the first one may have come before the flood
			most = max(most, calls)
		}
		calls = 0
		if events < 10 {
			d.Native(t, l, handle)
		} else {
			close(over)
		}
	}
	for range 1000 { // after which a turn has room for many calls, were it not for the time
		require.NoError(t, l.Post(func() {}))
	}
	call(t, l, func() {
		for range 20 {
			assert.NoError(t, l.Post(again))
		}
		d.Native(t, l, handle)
	})
	await(t, over)
	call(t, l, func() { assert.LessOrEqual(t, most, atMost, "calls between two native events") })
}
