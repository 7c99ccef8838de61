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
