package sdl_test

import (
	"context"
	"testing"
	"time"

	"github.com/Zyko0/go-sdl3/sdl"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	host "github.com/pinion-go/pinion/loop/host/sdl"
)

// Events that are queued while calls are suspended come in order, between the calls, on the caller's thread.
func TestEventsWhileCallsAreSuspended(t *testing.T) {
	const each, goroutines = 300, 4
	var c *caller.Caller
	seen := make([]int, goroutines)
	all := make(chan struct{})
	total := 0
	c = start(t, func(event sdl.Event) {
		if event.Type < sdl.EVENT_USER {
			return
		}
		n := int(event.Type - sdl.EVENT_USER)
		assert.True(t, c.Loop().OnThread())
		assert.Equal(t, seen[n/each], n%each)
		seen[n/each]++
		if total++; total == each*goroutines {
			close(all)
		}
	})
	ended := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	ticks := 0
	ticker := c.CallSoon(ctx, func(ctx context.Context) error {
		for ctx.Err() == nil {
			ticks++
			_ = loop.Sleep(ctx, time.Millisecond)
		}
		return nil
	})
	waiter := c.CallSoon(ctx, func(ctx context.Context) error {
		_, _, err := loop.Receive(ctx, ended)
		return err
	})
	for g := range goroutines {
		go func() {
			for n := range each {
				assert.NoError(t, sdl.PushEvent(userEvent(g*each+n)))
			}
		}()
	}
	<-all
	before := 0
	do(t, c, func() { before = ticks })
	require.Eventually(t, func() (more bool) {
		do(t, c, func() { more = ticks > before })
		return more
	}, time.Minute, time.Millisecond)
	close(ended)
	require.NoError(t, waiter.WaitDone(t.Context()))
	require.NoError(t, waiter.Err())
	cancel()
	require.NoError(t, ticker.WaitDone(t.Context()))
}

// The queue is full when the caller has to be woken. No call and no event is lost, and calls get their turn
// before the queue is empty.
func TestFullQueue(t *testing.T) {
	var handled, atCall atomic.Int64
	c := start(t, func(event sdl.Event) {
		if event.Type >= sdl.EVENT_USER {
			handled.Inc()
			for end := time.Now().Add(2 * time.Microsecond); time.Now().Before(end); {
			}
		}
	})
	pushed := int64(0)
	do(t, c, func() { // which holds up the handler
		for sdl.PushEvent(userEvent(0)) == nil {
			pushed++
		}
	})
	require.Greater(t, pushed, int64(60000))
	done := make(chan struct{})
	for range 100 {
		go func() {
			assert.NoError(t, c.Do(context.Background(), func() {
				atCall.CompareAndSwap(0, handled.Load())
			}))
			done <- struct{}{}
		}()
	}
	for range 100 {
		<-done
	}
	require.Less(t, atCall.Load(), pushed, "the call waited for all events")
	require.Eventually(t, func() bool { return handled.Load() == pushed }, time.Minute, time.Millisecond)
}

// A timer is due while events keep coming.
func TestTimersAmongEvents(t *testing.T) {
	c := start(t, func(event sdl.Event) {
		if event.Type == sdl.EVENT_USER {
			assert.NoError(t, sdl.PushEvent(&event))
		}
	})
	require.NoError(t, sdl.PushEvent(userEvent(0)))
	p := c.CallLater(t.Context(), 20*time.Millisecond, func(context.Context) error { return nil })
	require.NoError(t, p.WaitDone(t.Context()))
	require.NoError(t, p.Err())
}

// However often a host is woken, one event is queued for it.
func TestWakesAreCoalesced(t *testing.T) {
	h := host.NewHost(ignore)
	c, err := caller.New(t.Context(), caller.WithHost(h), caller.WithSlowCall(0))
	require.NoError(t, err)
	defer c.Close()
	do(t, c, func() {
		sdl.FlushEvents(sdl.EVENT_FIRST, sdl.EVENT_LAST)
		for range 1000 {
			h.Wake()
		}
		n, err := sdl.NumEvents()
		assert.NoError(t, err)
		assert.LessOrEqual(t, n, int32(1))
	})
}

// The program empties the queue, and takes the host's own event along. Calls arrive all the same.
func TestProgramEmptiesTheQueue(t *testing.T) {
	h := host.NewHost(ignore)
	c, err := caller.New(t.Context(), caller.WithHost(h), caller.WithSlowCall(0))
	require.NoError(t, err)
	defer c.Close()
	for range 100 {
		do(t, c, func() {
			h.Wake()
			sdl.FlushEvents(sdl.EVENT_FIRST, sdl.EVENT_LAST)
		})
		p := c.CallLater(t.Context(), time.Millisecond, func(context.Context) error { return nil })
		require.NoError(t, p.WaitDone(t.Context()))
	}
}

// A callback from C cannot wait, also without cgo; and one that hands work over in the middle of a Wake is no
// deadlock.
func TestCallbackFromC(t *testing.T) {
	c := start(t, ignore)
	var onThread, elsewhere error
	filter := sdl.NewEventFilter(func(event *sdl.Event) bool {
		if event.Type == sdl.EVENT_USER {
			onThread = loop.Sleep(context.Background(), time.Hour)
		} else {
			elsewhere = c.CallDirect(func() {})
		}
		return true
	})
	do(t, c, func() {
		assert.NoError(t, loop.Yield(context.Background()))
		sdl.SetEventFilter(filter)
		assert.NoError(t, sdl.PushEvent(userEvent(0)))
		assert.NoError(t, loop.Yield(context.Background()))
	})
	require.ErrorIs(t, onThread, loop.ErrCannotSuspend)
	for range 100 {
		do(t, c, func() {})
		time.Sleep(time.Millisecond)
	}
	do(t, c, func() { sdl.SetEventFilter(0) })
	require.NoError(t, elsewhere)
}
