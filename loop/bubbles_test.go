package loop_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

// TestParallelBubbles has several bubbles make coroutines at once: what loops share must hold nothing on
// which goroutines of one bubble wait for those of another, since the Go runtime ends the process then.
func TestParallelBubbles(t *testing.T) {
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for range 3 {
				synctest.Test(t, func(t *testing.T) {
					l := running(t)
					for range 1000 {
						require.NoError(t, l.Post(func() { assert.NoError(t, loop.Sleep(background, time.Hour)) }))
					}
					time.Sleep(2 * time.Hour)
				})
			}
		})
	}
}
