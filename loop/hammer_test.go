package loop_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

// onEachProcs runs a test with 1, 2, 4 and 8 processors.
func onEachProcs(t *testing.T, test func(t *testing.T)) {
	for _, n := range []int{1, 2, 4, 8} {
		t.Run(fmt.Sprint("procs=", n), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
			test(t)
		})
	}
}

func rounds(n int) int {
	if testing.Short() || raceEnabled || runtime.GOOS == "js" {
		return n / 10
	}
	return n
}

// Each post runs once and in its goroutine's order, whatever it does; the sums say so.
func TestHammerPosts(t *testing.T) {
	onEachProcs(t, func(t *testing.T) {
		const producers = 8
		each := rounds(10_000)
		l := running(t, quiet())
		var next [producers]int
		sum, wrong := 0, 0
		var wg sync.WaitGroup
		for p := range producers {
			wg.Go(func() {
				for i := range each {
					assert.NoError(t, l.Post(func() {
						if next[p] != i {
							wrong++
						}
						next[p] = i + 1
						switch i % 100 {
						case 13:
							_ = loop.Yield(background)
						case 26:
							_ = loop.Sleep(background, time.Microsecond)
						case 39:
							_, _ = loop.Block(background, func(context.Context) (int, error) { return 0, nil })
						}
						sum += i
						switch i % 1000 {
						case 500:
							panic("hammer")
						case 513:
							runtime.Goexit()
						}
					}))
				}
			})
		}
		wg.Wait()
		settle(t, l)
		assert.Zero(t, wrong)
		assert.Equal(t, producers*each*(each-1)/2, sum)
		assert.EqualValues(t, producers*each/1000*2, l.Stats().Panics)
	})
}

// A permit is never lost: were one, its round would hang.
func TestHammerParker(t *testing.T) {
	onEachProcs(t, func(t *testing.T) {
		n := int64(rounds(20_000))
		a, b := running(t), running(t)
		goroutine := func(f func()) { go f() }
		on := func(l *loop.Loop) func(func()) { return func(f func()) { assert.NoError(t, l.Post(f)) } }
		for name, start := range map[string][2]func(func()){
			"goroutines":         {goroutine, goroutine},
			"goroutine and call": {goroutine, on(a)},
			"calls of two loops": {on(a), on(b)},
			"calls of one loop":  {on(a), on(a)},
		} {
			var parkers [2]*loop.Parker
			var tokens [2]atomic.Int64 // handed over to each side
			var ready, wg sync.WaitGroup
			ready.Add(2)
			wg.Add(2)
			for side := range 2 {
				me, other := side, 1-side
				start[side](func() {
					defer wg.Done()
					var err error
					parkers[me], err = loop.Self()
					assert.NoError(t, err)
					ready.Done()
					_, _ = loop.Block(background, func(context.Context) (int, error) {
						ready.Wait()
						return 0, nil
					})
					for i := range n {
						// Each side hands over before it waits, so permits come before, during and after
						// the parking. Park may return early: the tokens say what has happened.
						tokens[other].Add(1)
						parkers[other].Unpark()
						for tokens[me].Load() <= i {
							assert.NoError(t, parkers[me].Park(background))
						}
					}
				})
			}
			wg.Wait()
			assert.Equal(t, n, tokens[0].Load(), name)
			assert.Equal(t, n, tokens[1].Load(), name)
		}
	})
}

// A value is never lost, although the context of the receive ends at the same time.
func TestHammerReceiveAndCancel(t *testing.T) {
	onEachProcs(t, func(t *testing.T) {
		n := rounds(5000)
		l := running(t)
		ch := make(chan int)
		sent, received := 0, 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range n {
				ch <- i
				sent += i
			}
			close(ch)
		}()
		require.NoError(t, l.Do(background, func() {
			for more, next := true, 0; more; {
				ctx, cancel := context.WithCancel(background)
				go cancel()
				v, ok, err := loop.Receive(ctx, ch)
				cancel()
				switch {
				case err != nil:
					assert.ErrorIs(t, err, context.Canceled)
				case !ok:
					more = false
				default:
					assert.Equal(t, next, v)
					next++
					received += v
				}
			}
		}))
		<-done
		assert.Equal(t, sent, received)
	})
}

// Do gives up at any moment; the function runs at most once, and always when Do says so.
func TestHammerAbandonedDo(t *testing.T) {
	onEachProcs(t, func(t *testing.T) {
		l := running(t)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range rounds(3000) {
					ctx, cancel := context.WithCancel(background)
					go cancel()
					ran := 0
					err := l.Do(ctx, func() { ran++ })
					if err == nil {
						assert.Equal(t, 1, ran)
					} else {
						assert.ErrorIs(t, err, context.Canceled)
						assert.NoError(t, l.Do(background, func() { assert.LessOrEqual(t, ran, 1) }))
					}
				}
			})
		}
		wg.Wait()
	})
}

// Timers are armed, stopped and run from everywhere: each either runs or has been stopped.
func TestHammerTimers(t *testing.T) {
	onEachProcs(t, func(t *testing.T) {
		l := running(t)
		ran := 0
		var stopped, armed [4]int
		var wg sync.WaitGroup
		for g := range 4 {
			wg.Go(func() {
				for i := range rounds(3000) {
					timer, err := l.PostDelayed(time.Duration(i%50)*time.Microsecond, func() { ran++ })
					assert.NoError(t, err)
					armed[g]++
					if i%2 == 0 && timer.Stop() {
						stopped[g]++
					}
				}
			})
		}
		wg.Wait()
		for l.Stats().Timers > 0 {
			require.NoError(t, loop.Sleep(background, time.Millisecond))
		}
		require.NoError(t, l.Do(background, func() {}))
		total := 0
		for g := range 4 {
			total += armed[g] - stopped[g]
		}
		assert.Equal(t, total, ran)
	})
}

// Stop in the middle of everything: what was accepted ends, and Run returns.
func TestHammerStop(t *testing.T) {
	onEachProcs(t, func(t *testing.T) {
		for range rounds(200) {
			l := loop.New(quiet())
			ended := make(chan error, 1)
			go func() { ended <- l.Run(background) }()
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for i := 0; ; i++ {
						ran := false
						err := l.Do(background, func() {
							ran = true
							if i%3 == 0 {
								_ = loop.Yield(background)
							}
						})
						if err != nil {
							assert.ErrorIs(t, err, loop.ErrStopped)
							assert.False(t, ran)
							return
						}
						assert.True(t, ran)
					}
				})
			}
			runtime.Gosched()
			l.Stop()
			if err := <-ended; err != nil {
				require.ErrorIs(t, err, loop.ErrStopped, "stopped before it ran")
			}
			over := make(chan struct{})
			go func() {
				wg.Wait()
				close(over)
			}()
			select {
			case <-over:
			case <-time.After(30 * time.Second):
				t.Fatal("the loop has stopped, and a Do that it has accepted waits for ever")
			}
			s := l.Stats()
			assert.Zero(t, s.Suspended+s.Timers+s.Idle+s.QueueDepth)
		}
	})
}
