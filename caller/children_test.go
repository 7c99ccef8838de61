package caller_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// C-05, C-09: what there is already, asked for with another host, is an error that names both.
func TestC05_C09_Mismatch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		parent := start(t)
		h := newHost()
		hosted := get(t, parent, "hosted", caller.WithHost(h))
		get(t, parent, "plain")
		require.Same(t, hosted, get(t, parent, "hosted", caller.WithHost(h)))
		require.Same(t, hosted, get(t, parent, "hosted"), "what is not asked for does not matter")

		for name, opt := range map[string]caller.Option{
			"hosted": caller.WithHost(newHost()),
			"plain":  caller.WithHost(h),
		} {
			_, err := parent.Get(name, opt)
			require.ErrorIs(t, err, caller.ErrMismatch)
			require.Contains(t, err.Error(), fmt.Sprintf("%q", name))
			require.Contains(t, err.Error(), "ringHost")
		}
		_, err := parent.Get("plain", caller.WithGuest(func(func()) {}))
		require.ErrorIs(t, err, caller.ErrMismatch)
		require.Len(t, parent.Children(), 2, "no child was made or lost")
	})
}

// sliceHost cannot be compared with ==.
type sliceHost struct {
	*ringHost
	_ []int
}

// C-09: a host need not be comparable.
func TestC09_HostThatCannotBeCompared(t *testing.T) {
	bubble(t, func(t *testing.T) {
		parent := start(t)
		get(t, parent, "child", caller.WithHost(sliceHost{ringHost: newHost()}))
		require.NotPanics(t, func() {
			_, err := parent.Get("child", caller.WithHost(sliceHost{ringHost: newHost()}))
			require.ErrorIs(t, err, caller.ErrMismatch)
		})
	})
}

// C-07: by name there is one child, without a name a new one each time.
func TestC07_Get(t *testing.T) {
	bubble(t, func(t *testing.T) {
		parent := start(t)
		a := get(t, parent, "a")
		require.Same(t, a, get(t, parent, "a"))
		require.NotSame(t, get(t, parent, ""), get(t, parent, ""))
		require.Len(t, parent.Children(), 3)
		require.Same(t, parent, a.Parent())
		require.Equal(t, parent.ID(), a.ParentID())
		require.Nil(t, parent.Parent())
		require.Zero(t, parent.ParentID())
		require.NotSame(t, a, get(t, start(t), "a"), "names belong to a parent")
		require.NoError(t, a.Close())
		again := get(t, parent, "a")
		require.NotSame(t, a, again)
		require.True(t, again.Running())
	})
}

func TestWithParent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		parent := start(t)
		child := start(t, caller.WithParent(parent), caller.WithName("child"))
		require.Equal(t, []*caller.Caller{child}, parent.Children())
		require.Same(t, child, get(t, parent, "child"))
		driven := manual(t, caller.WithParent(parent))
		require.NoError(t, parent.Close())
		require.Equal(t, caller.Stopped, child.State())
		require.Equal(t, caller.Stopped, driven.State())
	})
}

// Get from many goroutines at once gives one child to all of them.
func TestGetOfOneNameFromManyGoroutines(t *testing.T) {
	bubble(t, func(t *testing.T) {
		parent, other := start(t), start(t)
		for round := range 60 {
			gate := make(chan struct{})
			name := fmt.Sprint(round)
			got := make([]*caller.Caller, 12)
			var wg sync.WaitGroup
			for i := range got {
				wg.Go(func() {
					<-gate
					child := func(context.Context) (*caller.Caller, error) { return parent.Get(name) }
					switch i % 3 {
					case 0:
						got[i], _ = child(t.Context())
					case 1:
						got[i], _ = caller.CallSoon(t.Context(), parent, child).Wait(t.Context())
					case 2:
						got[i], _ = caller.CallSoon(t.Context(), other, child).Wait(t.Context())
					}
				})
			}
			synctest.Wait()
			close(gate)
			wg.Wait()
			require.NotNil(t, got[0])
			require.Len(t, slices.Compact(got), 1)
			require.True(t, got[0].Running())
		}
		require.Len(t, parent.Children(), 60)
	})
}

// Somebody who gives up waiting for a child that is starting does not take it away from the others.
func TestGetGivenUpLeavesTheChildToOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		parent, other := start(t), start(t)
		h := newHost()
		h.started = time.Second
		first := make(chan *caller.Caller)
		go func() {
			child, _ := parent.Get("child", caller.WithHost(h))
			first <- child
		}()
		synctest.Wait()
		p := other.CallSoon(t.Context(), func(context.Context) error { return second(parent.Get("child")) })
		synctest.Wait()
		require.NoError(t, other.Close())
		require.ErrorIs(t, p.Err(), loop.ErrStopped)
		child := <-first
		synctest.Wait()
		require.Equal(t, caller.Running, child.State())
		require.Same(t, child, get(t, parent, "child"))
	})
}

// C-10: a child takes its parent's settings, but neither host nor protection, and may have its own.
func TestC10_ChildrenInherit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log, own logLines
		parent := start(t, log.option(), caller.WithMailboxLimit(1), caller.WithSlowCall(time.Second), caller.WithHost(newHost()), caller.WithProtected())
		child := get(t, parent, "child")
		require.False(t, child.Protected())
		require.NoError(t, child.CallSoon(t.Context(), hold(2*time.Second)).WaitDone(t.Context()))
		require.Equal(t, "child", log.one(t)["loop"])
		require.NoError(t, child.CallDirect(func() { time.Sleep(time.Millisecond) }))
		synctest.Wait()
		require.NoError(t, child.CallDirect(func() {}))
		require.ErrorIs(t, child.CallDirect(func() {}), loop.ErrMailboxFull)

		sibling := get(t, parent, "sibling", own.option(), caller.WithSlowCall(0), caller.WithMailboxLimit(0))
		require.NoError(t, sibling.CallSoon(t.Context(), hold(2*time.Second)).WaitDone(t.Context()))
		require.Empty(t, own.lines(t))
		for range 10 {
			require.NoError(t, sibling.CallDirect(func() {}))
		}
	})
}

// C-10: so it is however a child is made, and with its workers, too.
func TestC10_LimitsAreInherited(t *testing.T) {
	for name, make := range map[string]func(*testing.T, *caller.Caller) *caller.Caller{
		"Get":                    func(t *testing.T, c *caller.Caller) *caller.Caller { return get(t, c, "child") },
		"New with a parent":      func(t *testing.T, c *caller.Caller) *caller.Caller { return start(t, caller.WithParent(c)) },
		"Manual with a parent":   func(t *testing.T, c *caller.Caller) *caller.Caller { return manual(t, caller.WithParent(c)) },
		"Get, of a child of its": func(t *testing.T, c *caller.Caller) *caller.Caller { return get(t, get(t, c, "child"), "child") },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				parent := start(t, caller.WithMaxWorkers(2), caller.WithMaxIdleWorkers(1), caller.WithMailboxLimit(3))
				child := make(t, parent)
				for range 5 {
					child.ToThread(t.Context(), hold(time.Second))
				}
				synctest.Wait()
				require.Len(t, child.Children(), 2)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				require.Len(t, child.Children(), 1)
				require.NoError(t, child.CallDirect(func() { time.Sleep(time.Second) }))
				synctest.Wait()
				var err error
				for range 4 {
					err = child.CallDirect(func() {})
				}
				require.ErrorIs(t, err, loop.ErrMailboxFull)
			})
		})
	}
}

// C-11: a parent that stops or has stopped takes no children.
func TestC11_GetOfAStoppedParent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		parent := start(t)
		parent.CallSoon(t.Context(), hold(time.Second))
		synctest.Wait()
		parent.Stop(true)
		for range 2 {
			_, err := parent.Get("child")
			require.ErrorIs(t, err, loop.ErrStopped)
			_, err = parent.Get("")
			require.ErrorIs(t, err, loop.ErrStopped)
			_, err = caller.New(t.Context(), caller.WithParent(parent))
			require.ErrorIs(t, err, loop.ErrStopped)
			require.Len(t, caller.All(false), btoi(parent.State() != caller.Stopped))
			require.NoError(t, parent.Close())
		}
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Children stop before their parent, and are over when it stops running calls; the parent's thread is there
// for them to the end.
func TestChildrenStopBeforeTheirParent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var order trail[string]
		note := func(c *caller.Caller) {
			c.Stopped().AddDoneCallback(func(pending.Handle) { order.add(c.Name()) })
		}
		root := start(t, caller.WithName("root"))
		child := get(t, root, "child")
		grandchild := get(t, child, "grandchild")
		for _, c := range []*caller.Caller{root, child, grandchild} {
			note(c)
		}
		// While the grandchild is held up, the parent goes on with what it has.
		grandchild.CallSoon(t.Context(), hold(time.Second))
		var rootRanAfter time.Duration
		began := time.Now()
		root.CallSoon(t.Context(), func(ctx context.Context) error {
			if err := loop.Sleep(ctx, 500*time.Millisecond); err != nil {
				return err
			}
			rootRanAfter = time.Since(began)
			return nil
		})
		synctest.Wait()
		require.NoError(t, root.Close())
		require.Equal(t, 500*time.Millisecond, rootRanAfter)
		require.Equal(t, time.Second, time.Since(began))
		require.Equal(t, []string{"grandchild", "child", "root"}, order.all())
	})
}

// L-16: protection does not save a child from its parent's stop.
func TestProtectedChild_L16(t *testing.T) {
	bubble(t, func(t *testing.T) {
		parent := start(t)
		child := get(t, parent, "child", caller.WithProtected())
		_, err := child.Hold()
		require.NoError(t, err)
		child.Stop(false)
		require.True(t, child.Running())
		parent.Stop(false)
		require.NoError(t, parent.WaitStopped(t.Context()))
		require.Equal(t, caller.Stopped, child.State())
	})
}

// L-17: a child that stops takes its own children along, and nobody else.
func TestL17_ChildStopsWithItsSubtree(t *testing.T) {
	bubble(t, func(t *testing.T) {
		parent := start(t)
		child, sibling := get(t, parent, "child"), get(t, parent, "sibling")
		grandchild := get(t, child, "grandchild")
		require.NoError(t, child.Close())
		require.Equal(t, caller.Stopped, grandchild.State())
		require.True(t, parent.Running())
		require.True(t, sibling.Running())
		require.Equal(t, []*caller.Caller{sibling}, parent.Children())
		require.Equal(t, 5, call(t, sibling, func(context.Context) int { return 5 }))
	})
}

func TestDeepTree(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root := start(t)
		all := []*caller.Caller{root}
		for depth := range 40 {
			all = append(all, get(t, all[depth], "next"))
		}
		deepest := all[len(all)-1]
		deepest.CallSoon(t.Context(), suspend)
		require.NoError(t, root.Close())
		for _, c := range all {
			require.Equal(t, caller.Stopped, c.State())
		}
	})
}

func TestWideTree(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root := start(t)
		var ended atomic.Int32
		for range 50 {
			child := get(t, root, "")
			child.CallSoon(t.Context(), func(ctx context.Context) error {
				defer ended.Inc()
				return suspend(ctx)
			})
		}
		synctest.Wait()
		require.NoError(t, root.Close())
		require.EqualValues(t, 50, ended.Load())
	})
}

// A child may end itself, its parent, or wait for either, in the middle of the parent's stop.
func TestChildrenThatStopTheirParents(t *testing.T) {
	for name, act := range map[string]func(parent, child *caller.Caller){
		"stop the parent":  func(parent, _ *caller.Caller) { parent.Stop(true) },
		"close the parent": func(parent, _ *caller.Caller) { _ = parent.Close() },
		"close itself":     func(_, child *caller.Caller) { _ = child.Close() },
		"wait for the parent": func(parent, _ *caller.Caller) {
			parent.Stop(true)
			_ = parent.WaitStopped(context.Background())
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				parent := start(t)
				child := get(t, parent, "child")
				p := child.CallSoon(t.Context(), func(context.Context) error {
					act(parent, child)
					return nil
				})
				require.NoError(t, child.WaitStopped(t.Context()))
				require.True(t, p.IsDone())
				require.NoError(t, parent.Close())
			})
		})
	}
}

// When a host fails, the children still stop before their parent has stopped.
func TestHostFailsWithChildren(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHost()
		parent := start(t, caller.WithHost(h), quiet)
		child := get(t, parent, "child")
		child.CallSoon(t.Context(), hold(time.Second))
		synctest.Wait()
		h.fail <- errTest
		require.ErrorIs(t, parent.WaitStopped(t.Context()), errTest)
		require.Equal(t, caller.Stopped, child.State(), "children stop before their parent")
	})
}

// A child that stops by itself just then is over, too, when its parent is.
func TestChildStopsTogetherWithItsParent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for range 500 {
			parent := start(t)
			child := get(t, parent, "child")
			go child.Stop(true)
			require.NoError(t, parent.Close())
			require.Equal(t, caller.Stopped, child.State())
			require.True(t, child.Stopped().IsDone())
		}
	})
}
