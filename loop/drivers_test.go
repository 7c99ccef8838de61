package loop_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/loop/looptest"
)

func TestRunOnce(t *testing.T) {
	l := loop.New()
	require.NoError(t, l.Post(func() {
		assert.ErrorIs(t, l.Run(background), loop.ErrInUse, "inside a call")
		assert.ErrorIs(t, loop.New().Run(background), loop.ErrInUse, "another loop inside a call")
		_, _, err := l.Step()
		assert.ErrorIs(t, err, loop.ErrInUse)
		assert.ErrorIs(t, l.Await(background, 0), loop.ErrInUse)
		go func() {
			assert.ErrorIs(t, l.Run(background), loop.ErrInUse, "while it runs")
			l.Stop()
		}()
	}))
	require.NoError(t, l.Run(background))
	assert.ErrorIs(t, l.Run(background), loop.ErrStopped)
	assert.False(t, l.OnThread(), "the goroutine is its own again")
	assert.NoError(t, loop.Sleep(background, time.Microsecond))
}

func TestRunEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	l := loop.New()
	require.NoError(t, l.Post(cancel))
	assert.ErrorIs(t, l.Run(ctx), context.Canceled)
	assert.ErrorIs(t, loop.New().Run(ctx), context.Canceled, "ended before")
	ctx, cancel = context.WithTimeout(background, time.Millisecond)
	defer cancel()
	assert.ErrorIs(t, loop.New().Run(ctx), context.DeadlineExceeded)
}

// RunPending says when it has to be called again, and never blocks.
func TestRunPendingNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := manual(t)
		_, ok := l.RunPending()
		assert.False(t, ok)
		_, err := l.PostDelayed(time.Hour, func() {})
		require.NoError(t, err)
		next, ok := l.RunPending()
		assert.True(t, ok)
		assert.Equal(t, time.Hour, next)
		time.Sleep(time.Hour)
		_, ok = l.RunPending()
		assert.False(t, ok)
		// A loop that never runs out of work comes back after a slice of time.
		var again func()
		again = func() {
			time.Sleep(time.Millisecond)
			assert.NoError(t, l.Post(again))
		}
		require.NoError(t, l.Post(again))
		start := time.Now()
		next, ok = l.RunPending()
		assert.True(t, ok)
		assert.Zero(t, next)
		assert.Equal(t, 8*time.Millisecond, time.Since(start))
	})
}

func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := manual(t)
		start := time.Now()
		require.NoError(t, l.Await(background, time.Hour))
		assert.Equal(t, time.Hour, time.Since(start), "nothing came")
		_, err := l.PostDelayed(time.Minute, func() {})
		require.NoError(t, err)
		require.NoError(t, l.Await(background, time.Hour))
		assert.Equal(t, time.Hour+time.Minute, time.Since(start), "a timer")
		l.RunPending()
		ctx, cancel := context.WithTimeout(background, time.Second)
		defer cancel()
		assert.ErrorIs(t, l.Await(ctx, -1), context.DeadlineExceeded)
		go func() {
			time.Sleep(time.Second)
			_ = l.Post(func() {})
		}()
		require.NoError(t, l.Await(background, -1))
		assert.Equal(t, time.Hour+time.Minute+2*time.Second, time.Since(start), "a post")
	})
}

// A manual loop belongs to the goroutine that drove it first; others are told.
func TestManualOfAnotherGoroutine(t *testing.T) {
	var log logs
	l := manual(t, log.option())
	l.RunPending()
	onGoroutine(func() {
		_, _, err := l.Step()
		assert.ErrorIs(t, err, loop.ErrInUse)
		_, ok := l.RunPending()
		assert.False(t, ok)
		assert.ErrorIs(t, l.Await(background, 0), loop.ErrInUse)
		assert.ErrorIs(t, l.Run(background), loop.ErrInUse)
	})
	assert.Contains(t, log.String(), "RunPending did nothing")
	other := loop.New(quiet())
	_, _, err := other.Step()
	assert.ErrorIs(t, err, loop.ErrInUse, "one goroutine drives one loop")
}

// Between its steps the goroutine that drives a manual loop is on its thread, and not in a call.
func TestManualOwner(t *testing.T) {
	l := manual(t)
	l.RunPending()
	assert.True(t, l.OnThread())
	ran := false
	assert.NoError(t, l.Do(background, func() { ran = true }))
	assert.True(t, ran)
	assert.NoError(t, loop.Sleep(background, time.Nanosecond), "there is nothing to suspend")
}

// The owner of a manual loop may end without stopping it. The next goroutine must not be taken for it.
func TestManualOwnerEnds(t *testing.T) {
	l := loop.New(quiet())
	onGoroutine(func() { l.RunPending() })
	wrong := 0
	for range 200 {
		onGoroutine(func() {
			if l.OnThread() || loop.Sleep(background, 1) != nil {
				wrong++
			}
		})
	}
	if wrong > 0 {
		// Whoever gets that goroutine in this process would be on the loop's thread for good.
		t.Cleanup(func() {
			for range 1000 {
				onGoroutine(func() {
					if l.OnThread() {
						finish(l)
					}
				})
			}
		})
	}
	assert.Zero(t, wrong, "goroutines that count as the loop's owner")
}

// failingHost fails in one of its Waits, or when it closes.
type failingHost struct {
	*looptest.Host
	waits, closed int
	failAt        int
	closeErr      error
}

var errHost = errors.New("the host has failed")

func (h *failingHost) Wait(d time.Duration) error {
	if h.waits++; h.waits == h.failAt {
		return errHost
	}
	return h.Host.Wait(d)
}

func (h *failingHost) Close() error {
	h.closed++
	return h.closeErr
}

// C-16: a host that fails ends its loop, which says so.
func TestHostFails(t *testing.T) {
	for name, h := range map[string]*failingHost{
		"at the start":   {failAt: 1},
		"later":          {failAt: 3},
		"when it closes": {failAt: -1, closeErr: errHost},
	} {
		t.Run(name, func(t *testing.T) {
			h.Host = looptest.NewHost()
			started, stoppedWith := 0, errors.New("not called")
			l := loop.New(loop.WithHost(h), loop.WithHooks(func() { started++ }, func(err error) { stoppedWith = err }))
			result := make(chan error, 1)
			if h.failAt < 0 {
				require.NoError(t, l.Post(func() { l.Stop() }))
			} else {
				// Keeps the loop coming back to its host, however often that takes.
				var again func()
				again = func() {
					_, err := l.PostDelayed(time.Millisecond, again)
					assert.NoError(t, err)
				}
				again()
			}
			go func() { result <- l.Run(background) }()
			assert.ErrorIs(t, <-result, errHost)
			<-l.Done()
			assert.ErrorIs(t, stoppedWith, errHost)
			assert.Equal(t, 1, h.closed)
			if h.failAt == 1 {
				assert.Zero(t, started)
			} else {
				assert.Equal(t, 1, started)
			}
			assert.ErrorIs(t, l.Post(func() {}), loop.ErrStopped)
		})
	}
}

// L-12: the host of a loop that is stopped before it runs is closed, by Run.
func TestHostOfALoopThatNeverRan(t *testing.T) {
	for _, closeErr := range []error{nil, errHost} {
		h := &failingHost{Host: looptest.NewHost(), closeErr: closeErr}
		l := loop.New(loop.WithHost(h))
		l.Stop()
		<-l.Done()
		assert.Zero(t, h.closed)
		want := loop.ErrStopped
		if closeErr != nil {
			want = closeErr
		}
		assert.ErrorIs(t, l.Run(background), want)
		assert.Equal(t, 1, h.closed)
		assert.Zero(t, h.waits)
		assert.ErrorIs(t, l.Run(background), loop.ErrStopped)
		assert.Equal(t, 1, h.closed)
		assert.NoError(t, loop.Sleep(background, time.Microsecond), "the goroutine is its own")
	}
}

// A native event handler runs on the thread and in no call: it cannot be set aside.
func TestNativeEventHandler(t *testing.T) {
	h := looptest.NewHost()
	l := running(t, loop.WithHost(h))
	other := running(t)
	done, waited := make(chan struct{}), make(chan struct{})
	h.Send(func() {
		defer close(done)
		assert.True(t, l.OnThread())
		assert.Same(t, l, loop.Current(background))
		for name, err := range waitEverything(other) {
			assert.ErrorIs(t, err, loop.ErrCannotSuspend, name)
		}
		ran := false
		assert.NoError(t, l.Do(background, func() {
			ran = true
			assert.ErrorIs(t, loop.Yield(background), loop.ErrCannotSuspend, "still no call")
		}))
		assert.True(t, ran)
		// What the error's text says to do.
		assert.NoError(t, l.Post(func() {
			defer close(waited)
			assert.NoError(t, loop.Sleep(background, time.Millisecond))
		}))
	})
	<-done
	<-waited
	require.NoError(t, l.Do(background, func() { assert.NoError(t, loop.Yield(background)) }))
}

// waitEverything tries each kind of wait and returns what they say.
func waitEverything(other *loop.Loop) map[string]error {
	ch := make(chan int)
	_, _, receive := loop.Receive(background, ch)
	_, block := loop.Block(background, func(context.Context) (int, error) { return 0, nil })
	_, self := loop.Self()
	return map[string]error{
		"Sleep":   loop.Sleep(background, time.Millisecond),
		"Yield":   loop.Yield(background),
		"Receive": receive,
		"Block":   block,
		"Self":    self,
		"Do":      other.Do(background, func() {}),
	}
}

// Native events are not starved by calls, in slices of time.
func TestHostIsNotStarved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := looptest.NewHost()
		l := running(t, loop.WithHost(h))
		over := false
		var again func()
		again = func() {
			time.Sleep(time.Millisecond)
			if !over {
				assert.NoError(t, l.Post(again))
			}
		}
		require.NoError(t, l.Post(again))
		start := time.Now()
		for range 10 {
			h.Send(func() {})
		}
		handled := make(chan struct{})
		h.Send(func() {
			over = true
			close(handled)
		})
		<-handled
		assert.LessOrEqual(t, time.Since(start), 12*8*time.Millisecond)
	})
}

// Wake is allowed before the first Wait and after Close.
func TestHostWakeAnyTime(t *testing.T) {
	h := looptest.NewHost()
	h.Wake()
	l := loop.New(loop.WithHost(h))
	h.Wake()
	require.NoError(t, l.Post(l.Stop))
	require.NoError(t, l.Run(background))
	h.Wake()
	l.Stop()
}

func TestGuestHasNoRun(t *testing.T) {
	l := loop.New(loop.WithGuest(func(func()) {}))
	assert.ErrorIs(t, l.Run(background), loop.ErrInUse)
	l.Stop()
	<-l.Done()
}

// A guest asks for its toolkit's attention once for every time that it has run out of work.
func TestGuestAsksOnce(t *testing.T) {
	var asked []func()
	l := loop.New(loop.WithGuest(func(run func()) { asked = append(asked, run) }))
	for range 10 {
		require.NoError(t, l.Post(func() {}))
	}
	require.Len(t, asked, 1)
	asked[0]()
	require.Len(t, asked, 1, "nothing is left")
	require.NoError(t, l.Post(func() {}))
	require.Len(t, asked, 2)
	l.Stop()
	asked[1]()
	for _, run := range asked[2:] {
		run()
	}
	<-l.Done()
}
