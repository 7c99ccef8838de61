package loop_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.uber.org/atomic"
)

// With one processor, a goroutine that makes call after call must leave some of it to others. By itself Go's
// scheduler would not: each hand-over between a goroutine and a pinned one is as urgent as the last, and
// looks like progress to the monitor that would preempt.
func TestCallsInARowStarveNobody(t *testing.T) {
	skipOnJS(t, "its scheduler has no such fast path")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	l := running(t)
	require.NoError(t, l.Do(background, func() {}))
	var ran atomic.Int32
	for range 5 {
		go ran.Inc()
	}
	for start := time.Now(); ran.Load() < 5 && time.Since(start) < 5*time.Second; {
		require.NoError(t, l.Do(background, func() {}))
	}
	assert.EqualValues(t, 5, ran.Load())
}
