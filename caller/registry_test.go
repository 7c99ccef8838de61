package caller_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/registry"
)

// C-14: the registry lists those that run, or all; entries are gone after the stop.
func TestC14_LookUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := start(t, caller.WithName("a"))
		h := newHost()
		h.started = time.Second
		go func() { _, _ = caller.New(context.Background(), caller.WithName("starting"), caller.WithHost(h)) }()
		synctest.Wait()
		b := manual(t, caller.WithName("b"))
		require.Equal(t, []*caller.Caller{a, b}, caller.All(true))
		all := caller.All(false)
		require.Len(t, all, 3)
		starting := all[1]
		require.Equal(t, "starting", starting.Name())
		for _, c := range all {
			found, ok := caller.Existing(c.ID())
			require.True(t, ok)
			require.Same(t, c, found)
			byName, ok := registry.ByName(c.Name())
			require.True(t, ok)
			require.Same(t, c, byName)
		}
		_, ok := registry.ByThread(0)
		require.False(t, ok, "b has no thread yet")
		require.NoError(t, b.Poll(t.Context(), 0))
		byThread, ok := registry.ByThread(b.ThreadID())
		require.True(t, ok)
		require.Same(t, b, byThread)
		thread := a.ThreadID()
		require.NoError(t, a.Close())
		require.NoError(t, b.Close())
		require.NoError(t, starting.Started().WaitDone(t.Context()))
		require.Equal(t, []*caller.Caller{starting}, caller.All(true))
		_, ok = caller.Existing(a.ID())
		require.False(t, ok)
		_, ok = registry.ByName("a")
		require.False(t, ok)
		_, ok = registry.ByThread(thread)
		require.False(t, ok)
		require.NoError(t, starting.Close())

		again := start(t, caller.WithName("a"))
		byName, ok := registry.ByName("a")
		require.True(t, ok)
		require.Same(t, again, byName)
	})
}

// Of several with one name the oldest is found.
func TestByNameFindsTheOldest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := start(t, caller.WithName("twin")), start(t, caller.WithName("twin"))
		found, _ := registry.ByName("twin")
		require.Same(t, a, found)
		require.NoError(t, a.Close())
		found, _ = registry.ByName("twin")
		require.Same(t, b, found)
	})
}

func TestTree(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root := start(t, caller.WithName("root"))
		other := start(t, caller.WithName("other"), caller.WithProtected())
		child := get(t, root, "child")
		get(t, child, "grandchild")
		get(t, root, "sibling")
		var show func(nodes []*registry.Node) string
		show = func(nodes []*registry.Node) (s string) {
			for _, n := range nodes {
				s += fmt.Sprintf("(%s%s)", n.Name, show(n.Children))
			}
			return s
		}
		tree := registry.Tree()
		require.Equal(t, "(root(child(grandchild))(sibling))(other)", show(tree))
		require.Equal(t, root.ID(), tree[0].Children[0].Parent)
		require.Equal(t, root.ThreadID(), tree[0].ThreadID)
		require.Equal(t, "running", tree[0].State)
		require.True(t, tree[1].Protected)
		require.Equal(t, other.Info(), tree[1].Info)

		text, err := registry.Snapshot()
		require.NoError(t, err)
		var back []*registry.Node
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, tree, back)

		page := httptest.NewRecorder()
		registry.Handler().ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/", nil))
		for _, name := range []string{"root", "child", "grandchild", "sibling", "other"} {
			require.Contains(t, page.Body.String(), name)
		}
		page = httptest.NewRecorder()
		registry.Handler().ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/?format=json", nil))
		require.JSONEq(t, string(text), page.Body.String())
	})
}

// The numbers of a snapshot, while a call holds the thread and others wait in every way.
func TestSnapshotNumbers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, caller.WithName("busy"))
		for range 3 {
			c.CallSoon(t.Context(), suspend)
		}
		c.CallSoon(t.Context(), sleep(time.Hour))
		require.NoError(t, c.Do(t.Context(), func() {}))
		c.CallSoon(t.Context(), hold(time.Second))
		synctest.Wait()
		for range 5 {
			require.NoError(t, c.CallDirect(func() {}))
		}
		for range 2 {
			c.CallLater(t.Context(), time.Hour, nothing)
		}
		info := c.Info()
		require.Equal(t, registry.Info{
			ID: c.ID(), Name: "busy", State: "running", ThreadID: c.ThreadID(),
			QueueDepth: 5, Suspended: 4, Timers: 3, CallsRun: 6, LongestCall: info.LongestCall,
		}, info)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		info = c.Info()
		require.Zero(t, info.QueueDepth)
		require.EqualValues(t, 11, info.CallsRun)
		require.Equal(t, time.Second, info.LongestCall)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		info = c.Info()
		require.Zero(t, info.Timers)
		require.Equal(t, 3, info.Suspended)
		require.EqualValues(t, 13, info.CallsRun)

		c.CallSoon(t.Context(), hold(time.Second))
		synctest.Wait()
		for range 4 {
			c.CallSoon(t.Context(), nothing)
		}
		c.Stop(true)
		require.Equal(t, "stopping", c.Info().State)
		require.NoError(t, c.Close())
		info = c.Info()
		require.Equal(t, "stopped", info.State)
		require.Zero(t, info.QueueDepth+info.Suspended+info.Timers+info.ThreadID)
		stats := c.Stats()
		require.EqualValues(t, 18, stats.CallsRun+stats.Dropped)
		require.LessOrEqual(t, stats.Dropped, uint64(4))
	})
}

// The numbers are right at the very moment at which the caller has stopped, and while it stops.
func TestStatsWhenStopped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		c.CallSoon(t.Context(), hold(time.Second))
		synctest.Wait()
		var depths []int
		for range 3 {
			c.CallLater(t.Context(), time.Hour, nothing).AddDoneCallback(func(pending.Handle) {
				depths = append(depths, c.Stats().QueueDepth)
			})
			c.CallSoon(t.Context(), nothing)
		}
		requireStatsOfStop(t, c, 7)
		require.Equal(t, []int{0, 0, 0}, depths, "delayed calls are dropped last")
		guest := start(t, caller.WithGuest(func(func()) {}))
		guest.CallSoon(t.Context(), nothing)
		guest.CallLater(t.Context(), time.Hour, nothing)
		requireStatsOfStop(t, guest, 2)
	})
}

// requireStatsOfStop closes c, which has been given so many calls.
func requireStatsOfStop(t *testing.T, c *caller.Caller, calls uint64) {
	t.Helper()
	var at loop.Stats
	c.Stopped().AddDoneCallback(func(pending.Handle) { at = c.Stats() })
	require.NoError(t, c.Close())
	require.Zero(t, at.QueueDepth)
	require.Zero(t, at.Timers)
	require.Zero(t, at.Suspended)
	require.Equal(t, calls, at.CallsRun+at.Dropped)
}

// StopAll ends everything but those to keep and their parents.
func TestStopAll(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root, other := start(t), start(t, caller.WithProtected())
		child, sibling := get(t, root, "child"), get(t, root, "sibling")
		grandchild := get(t, child, "grandchild")
		other.CallSoon(t.Context(), suspend)
		require.NoError(t, registry.StopAll(t.Context(), child.ID(), 12345))
		for c, want := range map[*caller.Caller]caller.State{
			root: caller.Running, child: caller.Running, grandchild: caller.Stopped,
			sibling: caller.Stopped, other: caller.Stopped,
		} {
			require.Equal(t, want, c.State(), c)
		}
		require.NoError(t, registry.StopAll(t.Context()))
		require.Empty(t, caller.All(false))
		require.NoError(t, registry.StopAll(t.Context()))
	})
}

// StopAll joins the errors of hosts, and gives up with its context.
func TestStopAllErrors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHost()
		h.closeErr = errTest
		start(t, caller.WithHost(h), quiet)
		start(t).CallSoon(t.Context(), hold(time.Minute))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := registry.StopAll(ctx)
		require.ErrorIs(t, err, errTest)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, registry.StopAll(t.Context()))
	})
}

// Callers come and go while everything is looked up.
func TestRegistryDuringChurn(t *testing.T) {
	realTime(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			c, err := caller.New(context.Background())
			if err != nil {
				panic(err)
			}
			_, _ = c.Get("child")
			c.CallSoon(context.Background(), func(ctx context.Context) error { return loop.Yield(ctx) })
			_ = c.Close()
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		for _, n := range registry.Tree() {
			registry.ByThread(n.ThreadID)
			registry.ByName(n.Name)
			if c, ok := caller.Existing(n.ID); ok {
				_, _, _ = c.String(), c.Info(), c.Children()
			}
		}
		_, err := registry.Snapshot()
		require.NoError(t, err)
		runtime.Gosched()
	}
}
