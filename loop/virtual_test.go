package loop_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

// In a bubble hours pass at once, and exactly.
func TestVirtualHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		start := time.Now()
		var log []string
		note := func(name string) { log = append(log, fmt.Sprint(name, " ", time.Since(start))) }
		for _, hours := range []time.Duration{27, 3, 9} {
			_, err := l.PostDelayed(hours*time.Hour, func() { note("timer") })
			require.NoError(t, err)
		}
		require.NoError(t, l.Do(background, func() {
			for range 2 {
				assert.NoError(t, loop.Sleep(background, 5*time.Hour))
				note("call")
			}
		}))
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		assert.Equal(t, []string{"timer 3h0m0s", "call 5h0m0s", "timer 9h0m0s", "call 10h0m0s", "timer 27h0m0s"}, log)
	})
}

// Sleep ends exactly on time also where the call has been woken early by a stray permit.
func TestVirtualSleepWithStrayPermit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		require.NoError(t, l.Do(background, func() {
			p, err := loop.Self()
			assert.NoError(t, err)
			p.Unpark()
			start := time.Now()
			go func() {
				time.Sleep(time.Minute)
				p.Unpark()
			}()
			assert.NoError(t, loop.Sleep(background, time.Hour))
			assert.Equal(t, time.Hour, time.Since(start))
		}))
		assert.Zero(t, l.Stats().Timers)
	})
}

// Equal deadlines: a thousand calls asleep until the same moment wake in the order in which they went
// to sleep, timers among them.
func TestVirtualEqualDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 1000
		l := running(t)
		var got, want []int
		require.NoError(t, l.Do(background, func() {
			for i := range n {
				want = append(want, i)
				if i%2 == 0 {
					_, err := l.PostDelayed(time.Hour, func() { got = append(got, i) })
					assert.NoError(t, err)
					continue
				}
				assert.NoError(t, l.Post(func() {
					assert.NoError(t, loop.Sleep(background, time.Hour))
					got = append(got, i)
				}))
				assert.NoError(t, loop.Yield(background)) // until it sleeps
			}
		}))
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		assert.Equal(t, want, got)
	})
}

func TestVirtualTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		start := time.Now()
		require.NoError(t, l.Do(background, func() {
			ctx, cancel := context.WithTimeout(background, time.Minute)
			defer cancel()
			assert.ErrorIs(t, loop.Sleep(ctx, time.Hour), context.DeadlineExceeded)
			assert.Equal(t, time.Minute, time.Since(start))
		}))
		ctx, cancel := context.WithTimeout(background, time.Minute)
		defer cancel()
		require.ErrorIs(t, l.Do(ctx, func() {
			assert.NoError(t, loop.Sleep(background, time.Hour))
		}), context.DeadlineExceeded)
		assert.Equal(t, 2*time.Minute, time.Since(start))
		time.Sleep(time.Hour) // the call goes on by itself
	})
}

// A polling loop ends its polls although no time passes.
func TestVirtualPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t, loop.WithSpin(time.Hour))
		for range 3000 {
			require.NoError(t, l.Do(background, func() {}))
		}
		require.NoError(t, l.Do(background, func() { assert.NoError(t, loop.Sleep(background, time.Hour)) }))
	})
}

// A Sleep that is over before it has begun leaves no timer behind.
func TestSleepForAnInstant(t *testing.T) {
	l := running(t)
	require.NoError(t, l.Do(background, func() {
		for range 100 {
			assert.NoError(t, loop.Sleep(background, 1))
		}
		assert.NoError(t, loop.Yield(background))
		assert.Zero(t, l.Stats().Timers)
	}))
}

// …nor does one touch a timer that is still in the heap, while others move it there. For the race
// detector.
func TestSleepForAnInstantAmongTimers(t *testing.T) {
	skipOnJS(t, "a busy goroutine starves all others where there is one thread")
	skipOnJS(t, "a goroutine that never blocks keeps the only thread")
	l := running(t)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if timer, err := l.PostDelayed(time.Millisecond, func() {}); err == nil {
				timer.Stop()
			}
		}
	}()
	require.NoError(t, l.Do(background, func() {
		for range 1000 {
			assert.NoError(t, loop.Sleep(background, 1))
		}
	}))
	close(stop)
	<-stopped
}
