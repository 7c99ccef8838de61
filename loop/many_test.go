package loop_test

import (
	"context"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/loop/looptest"
)

// TestHundredThousandSuspended: they cost less than 4 KiB each and go on in order.
func TestHundredThousandSuspended(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	n := 100_000
	if raceEnabled {
		n = 5000 // the race detector knows 8,128 goroutines at most
	}
	l := running(t, loop.WithSlowCall(0))
	parkers := make([]*loop.Parker, 0, n)
	got := make([]int, 0, n)
	before := inUse()
	for i := range n {
		require.NoError(t, l.Post(func() {
			p, _ := loop.Self()
			parkers = append(parkers, p)
			_ = p.Park(background)
			got = append(got, i)
		}))
	}
	require.NoError(t, l.Do(background, func() {}))
	require.Equal(t, n, l.Stats().Suspended)
	each := (inUse() - before) / uint64(n)
	t.Logf("%d bytes each", each)
	if !raceEnabled {
		assert.Less(t, each, uint64(4096))
	}
	for _, p := range parkers {
		p.Unpark()
	}
	settle(t, l)
	require.Len(t, got, n)
	for i := range got {
		require.Equal(t, i, got[i])
	}
}

// inUse is how much memory heap and stacks take.
func inUse() uint64 {
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// TestStopHundredThousand: each is unwound on the thread, however many wait.
func TestStopHundredThousand(t *testing.T) {
	n := 100_000
	if testing.Short() || raceEnabled {
		n = 5000
	}
	l := loop.New(loop.WithSlowCall(0))
	unwound := 0
	for range n {
		require.NoError(t, l.Post(func() {
			defer func() {
				if l.OnThread() {
					unwound++
				}
			}()
			_ = loop.Sleep(background, time.Hour)
		}))
	}
	ended := make(chan error)
	go func() { ended <- l.Run(background) }()
	require.NoError(t, l.Do(background, func() {}))
	for range n {
		require.NoError(t, l.Post(func() {}))
	}
	l.Stop()
	require.NoError(t, <-ended)
	assert.Equal(t, n, unwound)
}

// Coroutines are kept for reuse, but not all that a rush has made: the others end once there is nothing else to do.
func TestIdleCoroutines(t *testing.T) {
	const rush = 2000
	suspendMany := func(t *testing.T, l *loop.Loop) {
		for range rush {
			require.NoError(t, l.Post(func() { _ = loop.Sleep(background, time.Second) }))
		}
	}
	t.Run("Run", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := running(t)
			for range 3 {
				suspendMany(t, l)
				synctest.Wait()
				require.Equal(t, rush, l.Stats().Suspended)
				time.Sleep(time.Second)
				synctest.Wait()
				require.Zero(t, l.Stats().Suspended)
				require.Equal(t, 256, l.Stats().Idle)
			}
			l.Stop()
			<-l.Done()
			require.Zero(t, l.Stats().Idle)
		})
	})
	t.Run("few", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := running(t)
			for range 10 {
				require.NoError(t, l.Post(func() { _ = loop.Sleep(background, time.Second) }))
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			require.Equal(t, 10, l.Stats().Idle)
		})
	})
	t.Run("always something to do", func(t *testing.T) {
		l := running(t)
		ctx, cancel := context.WithCancel(background)
		for range rush {
			require.NoError(t, l.Post(func() { _ = loop.Sleep(ctx, time.Hour) }))
		}
		var over atomic.Bool
		require.NoError(t, l.Post(func() {
			for !over.Load() {
				_ = loop.Yield(background)
			}
		}))
		require.NoError(t, l.Do(background, func() {}))
		require.GreaterOrEqual(t, l.Stats().Suspended, rush)
		cancel()
		for l.Stats().Suspended > 1 || l.Stats().Idle > 256 {
			runtime.Gosched()
		}
		over.Store(true)
		settle(t, l)
	})
	t.Run("native events go on", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := &countingHost{Host: looptest.NewHost()}
			l := running(t, loop.WithHost(h))
			suspendMany(t, l)
			synctest.Wait()
			before := h.waits.Load()
			time.Sleep(time.Second)
			synctest.Wait()
			require.Equal(t, 256, l.Stats().Idle)
			require.Greater(t, h.waits.Load()-before, int64((rush-256)/64/2))
		})
	})
	t.Run("RunPending", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			onGoroutine(func() {
				l := manual(t)
				defer finish(l)
				suspendMany(t, l)
				drain(l)
				time.Sleep(time.Second)
				_, ok := drain(l)
				require.False(t, ok)
				require.Equal(t, 256, l.Stats().Idle)
			})
		})
	})
	t.Run("new work comes first", func(t *testing.T) {
		onGoroutine(func() {
			l := manual(t)
			defer finish(l)
			for range rush {
				require.NoError(t, l.Post(func() { _ = loop.Yield(background) }))
			}
			for l.RunPending(); l.Stats().Suspended > 0; {
				l.RunPending()
			}
			ran := false
			require.NoError(t, l.Post(func() { ran = true }))
			l.RunPending()
			require.True(t, ran)
			require.Greater(t, l.Stats().Idle, 256)
		})
	})
}

// countingHost counts how often native events have their chance.
type countingHost struct {
	*looptest.Host
	waits atomic.Int64
}

func (h *countingHost) Wait(timeout time.Duration) error {
	h.waits.Add(1)
	return h.Host.Wait(timeout)
}
