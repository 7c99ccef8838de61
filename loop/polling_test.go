package loop_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

// Whatever is polled for and for how long, no wake-up is lost while the two ends change between polling
// and sleeping, and each call is made once.
func TestPollingLosesNothing(t *testing.T) {
	for _, spin := range []time.Duration{0, 1, 50 * time.Microsecond, 5 * time.Millisecond} {
		t.Run(fmt.Sprint(spin), func(t *testing.T) {
			l := running(t, loop.WithSpin(spin))
			sum := 0
			burst := func(goroutines, each int) {
				var wg sync.WaitGroup
				for range goroutines {
					wg.Go(func() {
						for range each {
							assert.NoError(t, l.Do(background, func() { sum++ }))
						}
					})
				}
				wg.Wait()
			}
			for range 5 {
				burst(1, 500)
				burst(3, 100)
				require.NoError(t, loop.Sleep(background, time.Millisecond)) // both ends fall asleep
				require.NoError(t, l.Post(func() { sum++ }))
			}
			require.NoError(t, l.Do(background, func() {}))
			assert.Equal(t, 5*801, sum)
		})
	}
}

func TestPollingNever(t *testing.T) {
	l := running(t, loop.WithSpin(0))
	for range 5000 {
		require.NoError(t, l.Do(background, func() {}))
		require.False(t, l.Stats().Polling)
	}
}
