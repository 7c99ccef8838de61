package main

import (
	"bytes"
	"context"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

var ctx = context.Background()

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newCaller(t *testing.T) *caller.Caller {
	c, err := caller.New(ctx)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, c.Close())
		require.Equal(t, caller.Stopped, c.State())
	})
	return c
}

func TestOutput(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(ctx, &out))
	require.Regexp(t, regexp.MustCompile(`^free goroutines: \d+ of 1600 uses failed, \d+ of those without a reason
through a caller: 0 of 1600 uses failed, the total is 1600
in a callback from C: waiting is refused: true; 3 handed over and done
$`), out.String())
}

// Use from another thread is what the library refuses; a goroutine that is kept off the opener's shows it.
func TestTheLibraryInsists(t *testing.T) {
	opener, other := newCaller(t), newCaller(t)
	m, err := caller.CallSoon(ctx, opener, func(context.Context) (meter, error) { return openMeter() }).Wait(ctx)
	require.NoError(t, err)
	defer func() { require.NoError(t, opener.Do(ctx, m.close)) }()
	require.NoError(t, other.Do(ctx, func() { assert.EqualError(t, m.add(1), "used on another thread") }))
	require.NoError(t, opener.Do(ctx, func() {
		assert.NoError(t, m.add(1))
		assert.EqualError(t, m.add(-1), "negative amount")
		assert.Equal(t, 1, m.total())
	}))
}

// waits are all the ways to wait for something that has not come.
func waits(other *caller.Caller, p *pending.Pending[int]) map[string]func(context.Context) error {
	never := make(chan int)
	return map[string]func(context.Context) error{
		"Sleep":   func(ctx context.Context) error { return loop.Sleep(ctx, time.Hour) },
		"Yield":   loop.Yield,
		"Wait":    func(ctx context.Context) error { return p.WaitDone(ctx) },
		"Receive": func(ctx context.Context) error { _, _, err := loop.Receive(ctx, never); return err },
		"Do":      func(ctx context.Context) error { return other.Do(ctx, func() {}) },
		"Block": func(ctx context.Context) error {
			_, err := loop.Block(ctx, func(context.Context) (int, error) { return 1, nil })
			return err
		},
	}
}

func TestWaitsInsideACallbackAreRefused(t *testing.T) {
	c, other := newCaller(t), newCaller(t)
	p := pending.New[int](ctx)
	for name, wait := range waits(other, p) {
		t.Run(name, func(t *testing.T) {
			for _, under := range []string{"the call's context", "another context"} {
				_, err := c.CallSoon(ctx, func(callCtx context.Context) error {
					if under == "another context" {
						callCtx = ctx
					}
					each(1, func(int) {
						assert.ErrorIs(t, wait(callCtx), loop.ErrCannotSuspend)
						each(1, func(int) { assert.ErrorIs(t, wait(callCtx), loop.ErrCannotSuspend) })
						assert.ErrorIs(t, wait(callCtx), loop.ErrCannotSuspend)
					})
					return loop.Sleep(callCtx, time.Millisecond) // C has returned
				}).Wait(ctx)
				require.NoError(t, err)
			}
			require.False(t, p.IsDone(), "what was waited for is untouched")
			require.False(t, p.Cancelled())
		})
	}
}

// What does not have to wait works in a callback: Do on the own thread, a result that is there, posting.
func TestWhatDoesNotWaitWorksInACallback(t *testing.T) {
	c := newCaller(t)
	done := pending.New[int](ctx)
	done.SetResult(7)
	var posted *pending.Pending[pending.None]
	require.NoError(t, c.Do(ctx, func() {
		each(1, func(int) {
			ran := false
			assert.NoError(t, c.Do(ctx, func() { ran = true }))
			assert.True(t, ran)
			v, err := done.Wait(ctx)
			assert.NoError(t, err)
			assert.Equal(t, 7, v)
			posted = c.CallSoon(ctx, func(context.Context) error { return nil })
		})
	}))
	require.NoError(t, posted.WaitDone(ctx))
}

// Calls into C as such do not keep anybody from waiting, also while other threads call C all the time.
func TestSuspendAfterCallsIntoC(t *testing.T) {
	c, busy := newCaller(t), newCaller(t)
	stop := make(chan struct{})
	noise := busy.CallSoon(ctx, func(context.Context) error {
		for {
			select {
			case <-stop:
				return nil
			default:
				each(1, func(int) {})
			}
		}
	})
	for range 100 {
		_, err := c.CallSoon(ctx, func(ctx context.Context) error {
			each(2, func(int) {})
			return loop.Sleep(ctx, time.Microsecond)
		}).Wait(ctx)
		require.NoError(t, err)
	}
	close(stop)
	require.NoError(t, noise.WaitDone(ctx))
}
