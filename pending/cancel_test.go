package pending_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// P-07
func TestCancelIsFinalWithoutCanceller(t *testing.T) {
	for _, message := range []string{"", "enough"} {
		t.Run("P-07/"+message, func(t *testing.T) {
			p := pending.New[int](never)
			require.True(t, p.Cancel(message))
			requireCancelled(t, p)
			_, err := p.Result()
			require.ErrorIs(t, err, pending.ErrCancelled)
			require.NotErrorIs(t, err, pending.ErrNotDone)
			var cancelled *pending.CancelledError
			require.ErrorAs(t, err, &cancelled)
			require.Equal(t, message, cancelled.Message)
		})
	}
}

// P-09: with a canceller the first outcome after a Cancel ends the Pending, and is dropped.
func TestCancelIsARequestWithCanceller(t *testing.T) {
	ends := map[string]func(*pending.Pending[int]) bool{
		"SetResult": func(p *pending.Pending[int]) bool { return p.SetResult(1) },
		"SetError":  func(p *pending.Pending[int]) bool { return p.SetError(errBoom) },
	}
	for name, end := range ends {
		t.Run("P-09/"+name, func(t *testing.T) {
			p := pending.New[int](never)
			var messages []string
			p.SetCanceller(func(msg string) { messages = append(messages, msg) })

			require.True(t, p.Cancel("one"))
			require.True(t, p.Cancelled())
			requireOpen(t, p)
			require.True(t, p.Cancel(""))
			require.True(t, p.Cancel("two"))
			require.Equal(t, []string{"one", "", "two"}, messages)

			require.False(t, end(p), "what arrives is dropped")
			requireCancelled(t, p)
			require.Equal(t, "cancelled: one; two", p.Err().Error())
			v, err := p.Result()
			require.Zero(t, v)
			require.NotErrorIs(t, err, errBoom)

			require.False(t, p.Cancel("three"))
			require.Len(t, messages, 3)
		})
	}
}

// Cancelling something that is done changes nothing. P-09
func TestCancelOfDone(t *testing.T) {
	p := pending.New[int](never)
	p.SetCanceller(func(string) { t.Error("the canceller was called") })
	p.SetResult(7)
	require.False(t, p.Cancel("late"))
	requireResult(t, p, 7)
	require.NoError(t, p.CancelWait(never, "late"))
	requireResult(t, p, 7)
}

func TestCancellerMayEndThePending(t *testing.T) {
	ends := map[string]func(*pending.Pending[int]){
		"SetResult": func(p *pending.Pending[int]) { p.SetResult(1) },
		"SetError":  func(p *pending.Pending[int]) { p.SetError(errBoom) },
		"Cancel without canceller": func(p *pending.Pending[int]) {
			p.SetCanceller(nil)
			p.Cancel("")
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			p := pending.New[int](never)
			p.SetCanceller(func(string) { end(p) })
			require.True(t, p.Cancel("now"))
			requireCancelled(t, p)
		})
	}
}

func TestCancellerIsReplaced(t *testing.T) {
	p := pending.New[int](never)
	p.SetCanceller(func(string) { t.Error("the replaced canceller was called") })
	called := false
	p.SetCanceller(func(string) { called = true })
	p.Cancel("")
	require.True(t, called)
	p.SetResult(1)
}

func TestCancellerPanicIsLogged(t *testing.T) {
	p := pending.New[int](never, pending.WithMetadata("which", "this one"))
	p.SetCanceller(func(string) { panic("in the canceller") })
	log := stderrOf(t, func() { require.True(t, p.Cancel("")) })
	require.Contains(t, log, "in the canceller")
	require.Contains(t, log, "this one")
	require.Contains(t, log, "TestCancellerPanicIsLogged", "the stack")
	require.Equal(t, 1, strings.Count(log, "\n"))
	requireOpen(t, p)
	p.SetResult(1)
	requireCancelled(t, p)
}

// A call brings its own way of being cancelled along.
func TestCancellerOfACallIsIgnored(t *testing.T) {
	l := manual(t)
	p := pending.Submit(never, l, 0, constant(1))
	p.SetCanceller(func(string) { t.Error("the canceller was called") })
	require.True(t, p.Cancel(""))
	requireCancelled(t, p)
}

func TestCancelWait(t *testing.T) {
	bubble(t, "waits for the function", func(t *testing.T) {
		l := running(t)
		over := false
		p := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
			defer func() { over = true }()
			_, err := newGate().Wait(ctx)
			_, _ = through(newGateIn(second), 0)(context.WithoutCancel(ctx)) // takes its time to clean up
			return 0, err
		})
		synctest.Wait()
		require.NoError(t, p.CancelWait(never, "stop"))
		require.True(t, over)
		requireCancelled(t, p)
	})
	bubble(t, "gives up with its context", func(t *testing.T) {
		p := pending.New[int](never)
		p.SetCanceller(func(string) {})
		ctx, cancel := context.WithTimeout(never, second)
		defer cancel()
		require.ErrorIs(t, p.CancelWait(ctx, "stop"), context.DeadlineExceeded)
		require.True(t, p.Cancelled())
		requireOpen(t, p)
	})
}

// Cancel may come from anywhere, also from the thread that would have to run the call. (S-11)
func TestCancelFromTheSameThread(t *testing.T) {
	l := manual(t)
	var next *pending.Pending[int]
	first := pending.Submit(never, l, 0, func(context.Context) (int, error) {
		require.True(t, next.Cancel("by the first"))
		requireCancelled(t, next)
		return 1, nil
	})
	next = pending.Submit(never, l, 0, constant(2))
	drive(l)
	requireResult(t, first, 1)
	requireCancelled(t, next)
}

// P-22: a protected Pending is kept alive by nobody's leaving, but it is not immortal.
func TestProtectedPending(t *testing.T) {
	bubble(t, "P-22/waits given up", func(t *testing.T) {
		p := pending.New[int](never, pending.WithProtection())
		for range 2 {
			ctx, cancel := context.WithTimeout(never, second)
			require.ErrorIs(t, p.WaitDone(ctx), context.DeadlineExceeded)
			cancel()
			_, err := p.Wait(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.False(t, p.Cancelled())
		}
		p.SetResult(123)
		requireResult(t, p, 123)
	})
	t.Run("P-22/cancelled", func(t *testing.T) {
		p := pending.New[int](never, pending.WithProtection())
		require.True(t, p.Cancel(""))
		requireCancelled(t, p)
	})
	t.Run("P-22/failed", func(t *testing.T) {
		p := pending.New[int](never, pending.WithProtection())
		require.True(t, p.SetError(errBoom))
		require.Same(t, errBoom, p.Err())
	})
}

func TestCancelledError(t *testing.T) {
	err := &pending.CancelledError{Message: "too late", Cause: context.DeadlineExceeded}
	require.ErrorIs(t, err, pending.ErrCancelled)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, pending.ErrNotDone)
	require.Equal(t, "cancelled: too late: context deadline exceeded", err.Error())
}

// What the function says of its cancellation is kept; the bare error says nothing that Cancel has not. (P-04)
func TestCancelledFunctionSaysMore(t *testing.T) {
	for name, test := range map[string]struct {
		returns func(err error) error
		text    string
	}{
		"the bare error": {func(err error) error { return err }, "cancelled: enough"},
		"a wrapped error": {
			func(err error) error { return fmt.Errorf("reading: %w", err) },
			"cancelled: enough: reading: context canceled",
		},
	} {
		bubble(t, name, func(t *testing.T) {
			l := running(t)
			p := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
				return 0, test.returns(loop.Sleep(ctx, hour))
			})
			synctest.Wait()
			p.Cancel("enough")
			synctest.Wait()
			requireCancelled(t, p)
			require.EqualError(t, p.Err(), test.text)
		})
	}
}

// A stop that comes before the function has returned is told as well.
func TestCancelThenStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		p := pending.Submit(never, l, 0, func(context.Context) (int, error) {
			return 0, loop.Sleep(never, hour)
		})
		synctest.Wait()
		p.Cancel("enough")
		l.Stop()
		<-l.Done()
		requireCancelled(t, p)
		require.ErrorIs(t, p.Err(), loop.ErrStopped)
	})
}
