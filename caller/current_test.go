package caller_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/registry"
)

// C-01: there is no caller on a plain goroutine, and asking for one's services says so.
func TestNotKnowingWhichThread_C01_NoCaller(t *testing.T) {
	c := caller.Current(context.Background())
	require.Nil(t, c)
	require.Nil(t, caller.CurrentPending(context.Background()))
	p := caller.CallSoon(t.Context(), c, give(1))
	require.True(t, p.IsDone())
	require.ErrorIs(t, p.Err(), caller.ErrNoCaller)
	require.Contains(t, p.Err().Error(), "caller.Current")
	require.ErrorIs(t, caller.CallLater(t.Context(), c, 1, give(1)).Err(), caller.ErrNoCaller)
	require.ErrorIs(t, caller.ScheduleCall(t.Context(), c, give(1)).Err(), caller.ErrNoCaller)
	require.ErrorIs(t, c.CallSoon(t.Context(), nothing).Err(), caller.ErrNoCaller)
	require.ErrorIs(t, c.CallLater(t.Context(), 1, nothing).Err(), caller.ErrNoCaller)
}

// C-02: there is one object for a caller, whatever way one asks.
func TestNotKnowingWhichThread_C02_OneObject(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, caller.WithName("one"))
		same := func(got *caller.Caller) {
			t.Helper()
			require.Same(t, c, got)
		}
		same(call(t, c, caller.Current))
		same(call(t, c, func(context.Context) *caller.Caller { return caller.Current(context.Background()) }))
		existing, ok := caller.Existing(c.ID())
		require.True(t, ok)
		same(existing)
		same(caller.All(true)[0])
		byName, ok := registry.ByName("one")
		require.True(t, ok)
		require.Same(t, c, byName)
		byThread, ok := registry.ByThread(c.ThreadID())
		require.True(t, ok)
		require.Same(t, c, byThread)
		require.Same(t, c, c.Loop().Owner())
	})
}

// C-03: each caller has a thread and a number of its own, and can be used from outside.
func TestNotKnowingWhichThread_C03_OwnThread(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := start(t), start(t)
		require.NotEqual(t, a.ID(), b.ID())
		require.NotEqual(t, a.ThreadID(), b.ThreadID())
		for _, c := range []*caller.Caller{a, b} {
			require.Same(t, c, call(t, c, caller.Current))
			require.NotZero(t, c.ThreadID())
		}
	})
}

// C-04: a goroutine that has nothing to do with callers makes one and uses it; the caller has another
// thread than its maker.
func TestNotKnowingWhichThread_C04_FromAPlainGoroutine(t *testing.T) {
	needThreads(t)
	bubble(t, func(t *testing.T) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			c, err := caller.New(context.Background())
			if err != nil {
				panic(err)
			}
			defer func() { _ = c.Close() }()
			if v, err := caller.CallSoon(context.Background(), c, give(3)).Wait(context.Background()); v != 3 || err != nil {
				panic(err)
			}
		}()
		<-done
	})
}

// The thread stays the same from the first call to the last, also across waits, and ThreadID tells the
// kernel's number for it.
func TestNotKnowingWhichThread_ThreadIDIsTheOSThread(t *testing.T) {
	needThreads(t)
	bubble(t, func(t *testing.T) {
		c := start(t)
		id := c.ThreadID()
		for range 100 {
			require.Equal(t, id, call(t, c, func(ctx context.Context) int {
				before := osThread()
				require.NoError(t, loop.Yield(ctx))
				require.NoError(t, loop.Sleep(ctx, 1))
				_, err := loop.Block(ctx, func(context.Context) (int, error) { return 0, nil })
				require.NoError(t, err)
				require.Equal(t, before, osThread())
				require.Equal(t, before, c.ThreadID())
				return before
			}))
		}
		require.NoError(t, c.Close())
		require.Zero(t, c.ThreadID())
	})
}

// The thread ends with its caller: a new one is not given a thread that another caller had.
func TestNotKnowingWhichThread_DirectCallsAndDo(t *testing.T) {
	needThreads(t)
	bubble(t, func(t *testing.T) {
		c := start(t)
		var inDo, inDirect int
		require.NoError(t, c.CallDirect(func() { inDirect = osThread() }))
		require.NoError(t, c.Do(t.Context(), func() { inDo = osThread() }))
		require.Equal(t, c.ThreadID(), inDo)
		require.Equal(t, c.ThreadID(), inDirect)
	})
}

// OnThread and Current tell by the thread where they have no context, and by the context where they have
// one.
func TestNotKnowingWhichThread_OnThreadAndCurrent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := start(t), start(t)
		require.False(t, a.Loop().OnThread())
		var inA context.Context
		require.NoError(t, a.CallSoon(t.Context(), func(ctx context.Context) error {
			inA = ctx
			require.True(t, a.Loop().OnThread())
			require.False(t, b.Loop().OnThread())
			require.Same(t, a, caller.Current(ctx))
			require.Same(t, a, caller.Current(context.Background()))
			require.Same(t, a, caller.Current(context.WithValue(ctx, t, 1)))
			// On another caller's thread, by way of a call, a goroutine, and Do.
			_, err := b.CallSoon(ctx, func(ctx context.Context) error {
				require.Same(t, b, caller.Current(ctx))
				require.True(t, b.Loop().OnThread())
				require.False(t, a.Loop().OnThread())
				return nil
			}).Wait(ctx)
			require.NoError(t, err)
			require.NoError(t, b.Do(ctx, func() {
				require.Same(t, a, caller.Current(ctx), "the context comes first")
				require.Same(t, b, caller.Current(context.Background()))
			}))
			_, err = loop.Block(ctx, func(ctx context.Context) (int, error) {
				require.Same(t, a, caller.Current(ctx), "the context comes first")
				require.Nil(t, caller.Current(context.Background()))
				require.False(t, a.Loop().OnThread())
				return 0, nil
			})
			return err
		}).WaitDone(t.Context()))
		require.Same(t, a, caller.Current(inA), "a context goes on belonging to its caller")
	})
}

// C-15: numbers count up and are never used again, also not that of a caller which could not start.
func TestC15_IDsAreNeverReused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var last registry.ID
		for i := range 50 {
			var opts []caller.Option
			if i%5 == 0 {
				h := newHost()
				h.fail <- errTest
				opts = append(opts, caller.WithHost(h), quiet)
			}
			c, err := caller.New(t.Context(), opts...)
			require.Equal(t, i%5 == 0, err != nil)
			require.Greater(t, c.ID(), last)
			last = c.ID()
			require.NoError(t, ignore(c.Close(), errTest))
			_, ok := caller.Existing(last)
			require.False(t, ok)
		}
	})
}

// ignore turns the expected error into none.
func ignore(err, expected error) error {
	if err == expected { //nolint:errorlint // identity is meant
		return nil
	}
	return err
}
