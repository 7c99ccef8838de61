package loop_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/loop"
)

// WhenIdle's function runs when nothing is left of any kind, and once.
func TestWhenIdle(t *testing.T) {
	for name, d := range drivers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, run := d.New(t, loop.WithSlowCall(0))
				go run()
				synctest.Wait()
				var times atomic.Int32
				idle := func() {
					times.Inc()
					assert.True(t, l.OnThread())
					assert.True(t, l.Idle())
					_ = loop.Sleep(context.Background(), time.Millisecond) // it may wait, like any call
				}
				l.WhenIdle(idle)
				time.Sleep(time.Second)
				require.EqualValues(t, 1, times.Load())

				for what, post := range map[string]func() error{
					"a call": func() error { return l.Post(func() { time.Sleep(time.Hour) }) },
					"a suspended call": func() error {
						return l.Post(func() { _ = loop.Sleep(context.Background(), time.Hour) })
					},
					"a timer": func() error { return second(l.PostDelayed(time.Hour, func() {})) },
					"a call that posts another": func() error {
						return l.Post(func() { _ = l.Post(func() { time.Sleep(time.Hour) }) })
					},
				} {
					times.Store(0)
					require.NoError(t, post())
					l.WhenIdle(func() { t.Error("it has been replaced") })
					l.WhenIdle(idle)
					time.Sleep(time.Hour - time.Second)
					require.Zero(t, times.Load(), what)
					time.Sleep(time.Minute)
					require.EqualValues(t, 1, times.Load(), what)
				}

				l.WhenIdle(runtime.Goexit) // does no harm to the loop
				require.NoError(t, l.Do(t.Context(), func() {}))
				ran := l.Stats().CallsRun
				require.NoError(t, l.Post(func() {
					l.WhenIdle(func() { t.Error("the loop has stopped") })
					l.Stop()
				}))
				<-l.Done()
				l.WhenIdle(func() { t.Error("the loop has stopped") })
				synctest.Wait()
				require.Equal(t, ran+1, l.Stats().CallsRun)
				require.Zero(t, l.Stats().Dropped)
			})
		})
	}
}

func second[A, B any](_ A, b B) B { return b }
