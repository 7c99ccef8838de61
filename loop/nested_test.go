package loop_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

// pump is a toolkit that can run a loop inside its loop.
type pump chan func()

func (p pump) run(done <-chan struct{}) {
	for {
		select {
		case fn := <-p:
			fn()
		case <-done:
			return
		}
	}
}

// A call opens a modal dialog. Meanwhile calls that come run, in order, and cannot wait; those that have been
// suspended, and those that need a wait, go on when it has been closed.
func TestGuestInANestedNativeLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toolkit := make(pump, 1000)
		l := loop.New(loop.WithGuest(func(run func()) { toolkit <- run }), loop.WithSlowCall(0))
		go toolkit.run(l.Done())

		var marks []string
		mark := func(s string) func() { return func() { marks = append(marks, s) } }
		post := func(fn func()) { require.NoError(t, l.Post(fn)) }
		post(func() {
			assert.NoError(t, loop.Sleep(background, time.Second))
			marks = append(marks, "resumed")
		})
		closed := make(chan struct{})
		post(func() {
			marks = append(marks, "open")
			toolkit.run(closed)
			marks = append(marks, "closed")
			assert.NoError(t, loop.Sleep(background, time.Millisecond), "at its own depth it can wait again")
		})
		post(mark("behind"))
		post(func() {
			assert.ErrorIs(t, loop.Sleep(background, time.Second), loop.ErrCannotSuspend)
			assert.ErrorIs(t, loop.Yield(background), loop.ErrCannotSuspend)
			assert.True(t, l.OnThread())
			assert.NoError(t, l.Do(background, mark("inline")))
			assert.ErrorIs(t, l.Run(background), loop.ErrInUse)
		})
		post(func() { panic("logged") })
		post(runtime.Goexit)
		_, err := l.PostDelayed(100*time.Millisecond, mark("timer"))
		require.NoError(t, err)
		time.Sleep(time.Second / 2)
		synctest.Wait()
		require.Equal(t, []string{"open", "behind", "inline", "timer"}, marks)

		require.NoError(t, l.Do(background, mark("later")), "posted while nothing is left to do")
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, "later", marks[len(marks)-1])
		close(closed)
		require.NoError(t, l.Do(background, func() {}))
		synctest.Wait()
		require.Equal(t, []string{"open", "behind", "inline", "timer", "later", "closed", "resumed"}, marks)
		require.EqualValues(t, 2, l.Stats().Panics)
		require.Zero(t, l.Stats().QueueDepth)

		// Stop while a dialog is open: the loop stops when it has been closed.
		time.Sleep(time.Second)
		closed = make(chan struct{})
		post(func() { toolkit.run(closed) })
		time.Sleep(time.Second)
		l.Stop()
		time.Sleep(time.Second)
		select {
		case <-l.Done():
			t.Error("stopped inside a call")
		default:
		}
		close(closed)
		<-l.Done()
	})
}

// Two dialogs, one opened from a call that runs in the other.
func TestGuestInNestedNativeLoopsOfEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toolkit := make(pump, 1000)
		l := loop.New(loop.WithGuest(func(run func()) { toolkit <- run }), loop.WithSlowCall(0))
		go toolkit.run(l.Done())
		outer, inner := make(chan struct{}), make(chan struct{})
		order := []int{}
		require.NoError(t, l.Post(func() { toolkit.run(outer); order = append(order, 3) }))
		time.Sleep(time.Second)
		require.NoError(t, l.Post(func() { toolkit.run(inner); order = append(order, 2) }))
		time.Sleep(time.Second)
		require.NoError(t, l.Do(context.Background(), func() { order = append(order, 1) }))
		close(inner)
		time.Sleep(time.Second)
		close(outer)
		require.NoError(t, l.Do(context.Background(), func() {}))
		synctest.Wait()
		require.Equal(t, []int{1, 2, 3}, order)
		l.Stop()
		<-l.Done()
	})
}

// A toolkit that runs inside a call of a loop that is no guest: nothing could ever run, which is told.
func TestGuestOfAToolkitInsideACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer := loop.New(loop.WithSlowCall(0))
		go func() { _ = outer.Run(background) }()
		toolkit := make(pump, 1000)
		l := loop.New(loop.WithGuest(func(run func()) { toolkit <- run }), loop.WithSlowCall(0))
		over := make(chan struct{})
		require.NoError(t, outer.Post(func() { toolkit.run(over) }))
		require.NoError(t, l.Post(func() {}))
		time.Sleep(time.Minute)
		select {
		case <-l.Done():
		default:
			t.Error("it goes on for ever")
		}
		close(over)
		l.Stop()
		outer.Stop()
		<-l.Done()
		<-outer.Done()
	})
}

// The toolkit may be gone when the loop has stopped.
func TestGuestLeavesItsToolkitAloneOnceStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toolkit := make(pump, 1000)
		var l *loop.Loop
		l = loop.New(loop.WithGuest(func(run func()) {
			select {
			case <-l.Done():
				t.Error("asked after Done")
			default:
			}
			toolkit <- run
		}), loop.WithSlowCall(0))
		go toolkit.run(l.Done())
		closed := make(chan struct{})
		require.NoError(t, l.Post(func() { toolkit.run(closed) }))
		time.Sleep(time.Second)
		l.Stop()
		time.Sleep(time.Second + time.Millisecond)
		close(closed)
		<-l.Done()
		time.Sleep(time.Second)
	})
}

// A timer that is armed anew at once does not keep calls back, not even in a nested native loop.
func TestGuestInANestedNativeLoopIsFair(t *testing.T) {
	toolkit := make(pump, 1000)
	l := loop.New(loop.WithGuest(func(run func()) { toolkit <- run }), loop.WithSlowCall(0))
	go toolkit.run(l.Done())
	closed, over := make(chan struct{}), make(chan struct{})
	require.NoError(t, l.Post(func() { toolkit.run(closed) }))
	var again func()
	again = func() {
		select {
		case <-over:
		default:
			_, _ = l.PostDelayed(0, again)
		}
	}
	_, err := l.PostDelayed(0, again)
	require.NoError(t, err)
	require.NoError(t, l.Do(background, func() { close(over) }))
	close(closed)
	l.Stop()
	<-l.Done()
}
