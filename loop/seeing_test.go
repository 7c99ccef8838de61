package loop_test

import (
	"bytes"
	"runtime/pprof"
	"runtime/trace"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

// While runtime/trace is on, each call is a region under its loop's name, which ends on the goroutine on
// which it began although the call is suspended in between.
func TestTraceRegions(t *testing.T) {
	var buf bytes.Buffer
	l := running(t, loop.WithName("traced-loop"))
	require.NoError(t, l.Do(background, func() {}))
	if err := trace.Start(&buf); err != nil {
		t.Skip(err)
	}
	require.NoError(t, l.Do(background, func() { assert.NoError(t, loop.Yield(background)) }))
	assert.Error(t, l.Do(background, func() { panic("in a region") }))
	require.NoError(t, l.Do(background, func() {}))
	trace.Stop()
	assert.Contains(t, buf.String(), "traced-loop")
}

// Profiles tell which caller a goroutine works for, and so for the goroutines that a call starts.
func TestProfileLabels(t *testing.T) {
	l := running(t, loop.WithName("labelled-loop"))
	var buf bytes.Buffer
	require.NoError(t, l.Do(background, func() {
		assert.NoError(t, loop.Yield(background))
		assert.NoError(t, pprof.Lookup("goroutine").WriteTo(&buf, 1))
	}))
	assert.Contains(t, buf.String(), `"caller":"labelled-loop"`)
}
