package caller_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// Calls and native events share the thread, and neither keeps the other waiting.
func TestHostSharesItsThread(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHost()
		c := start(t, caller.WithHost(h))
		var order trail[string]
		p := c.CallSoon(t.Context(), func(ctx context.Context) error {
			for range 3 {
				if err := loop.Sleep(ctx, time.Second); err != nil {
					return err
				}
				order.add("call")
			}
			return nil
		})
		onThread := false
		for i := range 3 {
			time.AfterFunc(time.Duration(i)*time.Second+time.Second/2, func() {
				h.events <- func() {
					onThread = c.Loop().OnThread()
					order.add("event")
				}
			})
		}
		require.NoError(t, p.WaitDone(t.Context()))
		require.Equal(t, []string{"event", "call", "event", "call", "event", "call"}, order.all())
		require.True(t, onThread)
		require.NoError(t, c.Close())
		<-h.closed
	})
}

// A native event handler cannot wait; it is told so, and may hand work over.
func TestHostEventHandlersCannotSuspend(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHost()
		c := start(t, caller.WithHost(h), quiet)
		other := start(t)
		slow := newHost()
		slow.started = time.Second
		var errs []error
		var p *pending.Pending[int]
		done := make(chan struct{})
		h.events <- func() {
			defer close(done)
			p = caller.CallSoon(context.Background(), c, give(5))
			errs = []error{
				p.WaitDone(context.Background()),
				loop.Sleep(context.Background(), 1),
				loop.Yield(context.Background()),
				other.Do(context.Background(), func() { t.Error("ran") }),
				second(caller.New(context.Background(), caller.WithHost(slow))),
			}
			require.NoError(t, c.Do(context.Background(), func() {}), "inline")
			// Nor does it drive the loop that has called it.
			require.ErrorIs(t, c.Poll(context.Background(), 0), loop.ErrInUse)
			_, ok := c.Loop().RunPending()
			require.False(t, ok)
			require.False(t, p.IsDone())
		}
		<-done
		for i, err := range errs {
			require.ErrorIs(t, err, loop.ErrCannotSuspend, i)
		}
		v, err := p.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 5, v)
		<-slow.closed // of the New that was given up, on js/wasm before it ran
	})
}

// H-10: a host that fails later stops the caller with its own error, and everything ends.
func TestHostFailsLater_H10(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHost()
		var log logLines
		c := start(t, caller.WithHost(h), log.option())
		suspended, later := c.CallSoon(t.Context(), suspend), c.CallLater(t.Context(), time.Hour, nothing)
		synctest.Wait()
		h.fail <- errTest
		require.ErrorIs(t, c.WaitStopped(t.Context()), errTest)
		requireStopped(t, suspended)
		requireStopped(t, later)
		require.NoError(t, c.Started().Err(), "it had started")
		require.NoError(t, c.Stopped().Err())
		require.ErrorIs(t, c.Close(), errTest)
		synctest.Wait() // it is logged last
		require.Contains(t, log.one(t)["error"], errTest.Error())
		<-h.closed
	})
}

// What Close of a host says is what Close of the caller says, unless Wait failed before.
func TestHostCloseError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		errClose := errors.New("close failed")
		h := newHost()
		h.closeErr = errClose
		c := start(t, caller.WithHost(h), quiet)
		require.ErrorIs(t, c.Close(), errClose)
		require.NoError(t, c.Started().Err())
		h = newHost()
		h.closeErr = errClose
		c = start(t, caller.WithHost(h), quiet)
		h.fail <- errTest
		require.ErrorIs(t, c.WaitStopped(t.Context()), errTest)
		h = newHost()
		h.closeErr = errClose
		h.fail <- errTest
		_, err := caller.New(t.Context(), caller.WithHost(h), quiet)
		require.ErrorIs(t, err, errTest)
	})
}

// A host is woken after Close without harm, and stopped from inside an event handler.
func TestHostIsStoppedFromAnEvent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHost()
		c := start(t, caller.WithHost(h))
		p := c.CallSoon(t.Context(), suspend)
		synctest.Wait()
		h.events <- func() { _ = c.Close() }
		require.NoError(t, c.WaitStopped(t.Context()))
		requireStopped(t, p)
		require.ErrorIs(t, c.CallDirect(func() {}), loop.ErrStopped)
	})
}

// C-16, L-12: a host is closed also when its caller is stopped before it runs, and left alone when there is no
// caller.
func TestHostOfACallerThatNeverRan(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for i := range 200 {
			ctx, cancel := context.WithCancel(t.Context())
			h := newHost()
			h.closeErr = errTest
			if i%2 == 0 {
				go cancel()
			}
			c, err := caller.New(ctx, caller.WithHost(h), quiet)
			cancel()
			if c == nil {
				require.ErrorIs(t, err, context.Canceled)
				continue
			}
			<-h.closed
			<-c.Loop().Done()
		}
		h := newHost()
		h.closeErr = errTest
		tracked := pending.WithTracker(t.Context(), trackerFunc(func(pending.Handle) { caller.All(false)[0].Stop(true) }))
		require.ErrorIs(t, caller.Run(tracked, func(context.Context, *caller.Caller) error { return nil }, caller.WithHost(h)), errTest)
		<-h.closed
		require.Zero(t, h.waits)
	})
}

type trackerFunc func(pending.Handle)

func (f trackerFunc) Track(p pending.Handle) { f(p) }
