package caller_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// C-16: a host that fails at once: no caller, the error in Started, what was queued is cancelled. The
// reference hung in 1 of 200 tries.
func TestC16_StartThatFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for range 200 {
			h := newHost()
			h.fail <- errTest
			c, err := caller.New(t.Context(), caller.WithHost(h), quiet)
			require.ErrorIs(t, err, errTest)
			require.Equal(t, caller.Stopped, c.State())
			require.ErrorIs(t, c.Started().Err(), errTest)
			require.NoError(t, c.Stopping().Err())
			require.NoError(t, c.Stopped().Err())
			require.ErrorIs(t, c.Close(), errTest)
			requireStopped(t, caller.CallSoon(t.Context(), c, give(1)))
			require.NotPanics(t, func() { <-h.closed })
		}
	})
}

// C-16: work that was handed over while the caller was starting is cancelled when it cannot start.
func TestC16_QueuedWorkOfAStartThatFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHost()
		h.started = time.Second
		h.fail <- errTest
		made := make(chan error)
		go func() {
			_, err := caller.New(context.Background(), caller.WithHost(h), caller.WithName("doomed"), quiet)
			made <- err
		}()
		synctest.Wait()
		require.Empty(t, caller.All(true), "it does not run yet")
		require.Len(t, caller.All(false), 1)
		c := caller.All(false)[0]
		require.Equal(t, caller.Starting, c.State())
		p, later := caller.CallSoon(t.Context(), c, give(1)), caller.CallLater(t.Context(), c, time.Hour, give(1))
		done := make(chan error)
		go func() { done <- c.Do(context.Background(), func() { t.Error("ran") }) }()
		require.ErrorIs(t, <-made, errTest)
		requireStopped(t, p)
		requireStopped(t, later)
		require.ErrorIs(t, <-done, loop.ErrStopped)
	})
}

// A child whose host fails leaves its parent alone.
func TestC16_ChildThatFailsToStart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		parent := start(t)
		h := newHost()
		h.fail <- errTest
		child, err := parent.Get("child", caller.WithHost(h), quiet)
		require.ErrorIs(t, err, errTest)
		require.Equal(t, caller.Stopped, child.State())
		require.Empty(t, parent.Children())
		require.Equal(t, caller.Running, get(t, parent, "child").State(), "the name is free again")
	})
}

// C-18: options that make no sense are refused when the caller is made.
func TestC18_InvalidOptions(t *testing.T) {
	body := func(context.Context, *caller.Caller) error { panic("not reached") }
	makers := map[string]func(opts ...caller.Option) error{
		"New":    func(opts ...caller.Option) error { return second(caller.New(t.Context(), opts...)) },
		"Manual": func(opts ...caller.Option) error { return second(caller.Manual(t.Context(), opts...)) },
		"Run":    func(opts ...caller.Option) error { return caller.Run(t.Context(), body, opts...) },
	}
	options := map[string][]caller.Option{
		"host and guest":         {caller.WithHost(newHost()), caller.WithGuest(func(func()) {})},
		"negative slow call":     {caller.WithSlowCall(-1)},
		"negative spin":          {caller.WithSpin(-1)},
		"negative mailbox limit": {caller.WithMailboxLimit(-1)},
	}
	for name, opts := range options {
		for by, create := range makers {
			t.Run(name+"/"+by, func(t *testing.T) {
				bubble(t, func(t *testing.T) { require.ErrorIs(t, create(opts...), caller.ErrInvalid) })
			})
		}
	}
	t.Run("a manual caller with a host", func(t *testing.T) {
		require.ErrorIs(t, makers["Manual"](caller.WithHost(newHost())), caller.ErrInvalid)
	})
	t.Run("a manual caller as a guest", func(t *testing.T) {
		require.ErrorIs(t, makers["Manual"](caller.WithGuest(func(func()) {})), caller.ErrInvalid)
	})
	t.Run("Run as a guest", func(t *testing.T) {
		require.ErrorIs(t, makers["Run"](caller.WithGuest(func(func()) {})), caller.ErrInvalid)
	})
	t.Run("a child", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c := start(t)
			require.ErrorIs(t, second(c.Get("x", caller.WithSpin(-1))), caller.ErrInvalid)
			require.Empty(t, c.Children())
		})
	})
}

func second[A, B any](_ A, b B) B { return b }

func TestMisuse_NilOptions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, nil, caller.WithName("a"), nil)
		require.Equal(t, "a", c.Name())
		get(t, c, "child", nil)
		p := caller.ScheduleCall(t.Context(), c, give(1), nil, caller.Metadata("k", 1), nil)
		require.Equal(t, map[string]any{"k": 1}, p.Metadata())
		require.NoError(t, p.WaitDone(t.Context(), 0))
	})
}

// L-01: what is handed over before the start runs once there is one; states only move forward.
func TestL01_CallsBeforeTheStart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHost()
		h.started = time.Second
		var c *caller.Caller
		var err error
		made := make(chan struct{})
		go func() {
			defer close(made)
			c, err = caller.New(context.Background(), caller.WithHost(h), caller.WithName("slow"))
		}()
		synctest.Wait()
		early := caller.All(false)[0]
		require.Equal(t, caller.Starting, early.State())
		require.False(t, early.Running())
		require.ErrorIs(t, early.Started().Err(), pending.ErrNotDone)
		var ran trail[int]
		first := early.CallSoon(t.Context(), record(&ran, 1))
		require.NoError(t, early.CallDirect(func() { ran.add(2) }))
		second := early.CallLater(t.Context(), time.Millisecond, record(&ran, 3))
		require.False(t, first.IsDone())
		<-made
		require.NoError(t, err)
		require.Same(t, early, c)
		defer func() { _ = c.Close() }()
		require.True(t, c.Running())
		require.NoError(t, first.WaitDone(t.Context()))
		require.NoError(t, second.WaitDone(t.Context()))
		require.NoError(t, c.Do(t.Context(), func() {}))
		require.ElementsMatch(t, []int{1, 2, 3}, ran.all())
	})
}

func TestStatesOnlyMoveForward(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var seen trail[caller.State]
		c := manual(t)
		note := func(pending.Handle) { seen.add(c.State()) }
		c.Started().AddDoneCallback(note)
		c.Stopping().AddDoneCallback(note)
		c.Stopped().AddDoneCallback(note)
		require.NoError(t, c.Poll(t.Context(), 0))
		require.NoError(t, c.Close())
		require.Equal(t, []caller.State{caller.Running, caller.Stopping, caller.Stopped}, seen.all())
		for i, name := range []string{"starting", "running", "stopping", "stopped"} {
			require.Equal(t, name, fmt.Sprint(caller.State(i)))
		}
	})
}

// L-12: a caller that never ran goes straight to stopped.
func TestStopBeforeStart_L12(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := manual(t)
		ran := false
		early := c.CallSoon(t.Context(), func(context.Context) error { ran = true; return nil })
		later := c.CallLater(t.Context(), time.Hour, nothing)
		c.Stop(true)
		require.Equal(t, caller.Stopped, c.State())
		require.True(t, c.Stopped().IsDone())
		requireStopped(t, early)
		requireStopped(t, later)
		requireStopped(t, c.CallSoon(t.Context(), nothing))
		require.False(t, ran)
		c.Stop(true)
		require.NoError(t, c.Close())
		require.ErrorIs(t, c.Poll(t.Context(), 0), loop.ErrStopped)
		_, ok := c.Loop().RunPending()
		require.False(t, ok)
	})
}

// L-23: a stop that comes before the start is done releases those who wait for it.
func TestL23_StopWhileStarting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHost()
		h.started = time.Second
		made := make(chan error)
		go func() { made <- second(caller.New(context.Background(), caller.WithHost(h))) }()
		synctest.Wait()
		c := caller.All(false)[0]
		queued := c.CallSoon(t.Context(), nothing)
		c.Stop(true)
		require.Equal(t, caller.Stopping, c.State())
		<-made
		require.NoError(t, c.Stopped().WaitDone(t.Context()))
		require.True(t, c.Started().IsDone())
		requireStopped(t, queued)
		<-h.closed
	})
}

// L-23: a guest whose toolkit never runs it.
func TestL23_StopOfAGuestThatNeverRan(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, err := caller.New(t.Context(), caller.WithGuest(func(func()) {}))
		require.NoError(t, err)
		queued := c.CallSoon(t.Context(), nothing)
		waited := make(chan error)
		go func() { waited <- c.Started().WaitDone(context.Background()) }()
		synctest.Wait()
		require.NoError(t, c.Close())
		require.NoError(t, <-waited)
		require.True(t, c.Started().Cancelled())
		require.ErrorIs(t, c.Started().Err(), pending.ErrCancelled)
		requireStopped(t, queued)
	})
}

// L-23, P-22: waiters that give up leave started, stopping and stopped alone.
func TestL23_WaitersLeaveTheStatesAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHost()
		h.started = time.Hour
		go func() { _, _ = caller.New(context.Background(), caller.WithHost(h)) }()
		synctest.Wait()
		c := caller.All(false)[0]
		for _, p := range []*pending.Pending[pending.None]{c.Started(), c.Stopping(), c.Stopped()} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			require.ErrorIs(t, p.WaitDone(ctx), context.DeadlineExceeded)
			cancel()
			require.False(t, p.Cancelled())
		}
		require.NoError(t, c.Started().WaitDone(t.Context()))
		require.NoError(t, c.Started().Err())
		require.NoError(t, c.Close())
		require.NoError(t, c.Stopping().Err())
		require.NoError(t, c.Stopped().Err())
	})
}

// The context ends while the caller is being made: New says so, and the caller stops.
func TestContextEndsWhileStarting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHost()
		h.started = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c, err := caller.New(ctx, caller.WithHost(h))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, c.Stopped().WaitDone(t.Context()))
	})
}

// A context that has ended makes no caller.
func TestContextEndedBeforeNew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		h := newHost()
		for _, create := range []func(context.Context, ...caller.Option) (*caller.Caller, error){caller.New, caller.Manual} {
			c, err := create(ctx)
			require.ErrorIs(t, err, context.Canceled)
			require.Nil(t, c)
		}
		_, err := caller.New(ctx, caller.WithHost(h))
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, h.waits)
		require.NoError(t, h.Close(), "it is still ours")
	})
}

// A context that ends meanwhile makes no caller, or one that stops, and no crash: 300 times, since it is a race.
func TestContextEndsDuringNew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for range 300 {
			for _, create := range []func(context.Context, ...caller.Option) (*caller.Caller, error){caller.New, caller.Manual} {
				ctx, cancel := context.WithCancel(t.Context())
				go cancel()
				c, err := create(ctx)
				if err != nil {
					require.ErrorIs(t, err, context.Canceled)
				}
				if c != nil {
					require.NoError(t, c.Stopped().WaitDone(t.Context()))
				}
			}
		}
	})
}

// A parent that stops while children are being made, and no crash.
func TestParentStopsWhileAChildIsMade(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for range 300 {
			parent := start(t)
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					if child, err := parent.Get(""); err == nil {
						_ = child.CallSoon(t.Context(), nothing)
					}
				})
			}
			wg.Go(func() { parent.Stop(true) })
			wg.Wait()
			require.NoError(t, parent.Close())
			require.Empty(t, caller.All(false), "children are over when the parent is")
		}
	})
}
