package registry_test

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/registry"
)

// C-15
func TestIDsAreNeverUsedAgain(t *testing.T) {
	seen := map[registry.ID]bool{0: true} // 0 means none
	last := registry.ID(0)
	for range 1000 {
		f := &fake{id: registry.NextID()}
		registry.Register(f)
		registry.Unregister(f.id)
		require.False(t, seen[f.id], "%d twice", f.id)
		require.Greater(t, f.id, last)
		seen[f.id], last = true, f.id
	}
}

// C-15
func TestIDsFromManyGoroutines(t *testing.T) {
	const goroutines, each = 8, 1000
	ids := make([][]registry.ID, goroutines)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			for range each {
				ids[i] = append(ids[i], registry.NextID())
			}
		})
	}
	all.Wait()
	flat := slices.Concat(ids...)
	slices.Sort(flat)
	require.Len(t, slices.Compact(flat), goroutines*each)
}

func TestLookup(t *testing.T) {
	a, b := register(t, "a", nil), register(t, "b", nil)
	got, ok := registry.Lookup(a.id)
	requireEntry(t, a, got, ok)
	got, ok = registry.Lookup(b.id)
	requireEntry(t, b, got, ok)

	registry.Unregister(a.id)
	_, ok = registry.Lookup(a.id)
	require.False(t, ok)
	registry.Unregister(a.id) // no error
	_, ok = registry.Lookup(0)
	require.False(t, ok)
	_, ok = registry.Lookup(registry.NextID())
	require.False(t, ok)
}

func TestByName(t *testing.T) {
	oldest := register(t, "twin", nil)
	register(t, "twin", nil)
	other := register(t, "other", nil)
	unnamed := register(t, "", nil)

	got, ok := registry.ByName("twin")
	requireEntry(t, oldest, got, ok)
	got, ok = registry.ByName("other")
	requireEntry(t, other, got, ok)
	got, ok = registry.ByName("")
	requireEntry(t, unnamed, got, ok)
	_, ok = registry.ByName("nobody")
	require.False(t, ok)
}

func TestByThread(t *testing.T) {
	onThread := func(tid int) func(*fake) { return func(f *fake) { f.thread = tid } }
	a := register(t, "a", nil, onThread(11))
	b := register(t, "b", nil, onThread(12))
	register(t, "not started", nil, onThread(0))

	got, ok := registry.ByThread(11)
	requireEntry(t, a, got, ok)
	got, ok = registry.ByThread(12)
	requireEntry(t, b, got, ok)
	_, ok = registry.ByThread(0)
	require.False(t, ok, "0 is no thread")
	_, ok = registry.ByThread(13)
	require.False(t, ok)
}

// The operating system gives a thread's number away again: one that does not run does not count.
func TestByThreadWantsARunningOne(t *testing.T) {
	register(t, "stopping", nil, func(f *fake) { f.thread, f.running = 21, false })
	_, ok := registry.ByThread(21)
	require.False(t, ok)
	heir := register(t, "heir", nil, func(f *fake) { f.thread = 21 })
	got, ok := registry.ByThread(21)
	requireEntry(t, heir, got, ok)
}

// C-14
func TestAll(t *testing.T) {
	require.Empty(t, registry.All(false))
	first := register(t, "first", nil)
	register(t, "starts", nil, func(f *fake) { f.running = false })
	register(t, "last", first)

	require.Equal(t, []string{"first", "starts", "last"}, names(registry.All(false)), "oldest first")
	require.Equal(t, []string{"first", "last"}, names(registry.All(true)))
	registry.Unregister(first.id)
	require.Equal(t, []string{"last"}, names(registry.All(true)))
}

// An entry takes the place of one with its ID.
func TestRegisterAgain(t *testing.T) {
	a := register(t, "a", nil)
	b := &fake{id: a.id, name: "b"}
	registry.Register(b)
	got, ok := registry.Lookup(a.id)
	requireEntry(t, b, got, ok)
	require.Len(t, registry.All(false), 1)
}

func TestTree(t *testing.T) {
	require.Empty(t, registry.Tree())
	root := register(t, "root", nil)
	child := register(t, "child", root)
	register(t, "other root", nil)
	register(t, "grandchild", child)
	register(t, "second child", root)
	gone := &fake{id: registry.NextID()}
	register(t, "orphan", gone)

	type node struct {
		name     string
		children []node
	}
	var describe func(nodes []*registry.Node) []node
	describe = func(nodes []*registry.Node) (all []node) {
		for _, n := range nodes {
			all = append(all, node{n.Name, describe(n.Children)})
		}
		return all
	}
	require.Equal(t, []node{
		{"root", []node{{"child", []node{{"grandchild", nil}}}, {"second child", nil}}},
		{"other root", nil},
		{"orphan", nil},
	}, describe(registry.Tree()))
}

// Everything may be called while entries come and go.
func TestRegistryFromManyGoroutines(t *testing.T) {
	root := register(t, "root", nil)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 200 {
				f := &fake{id: registry.NextID(), parent: root.id, name: "child", running: true, thread: 5}
				registry.Register(f)
				if got, ok := registry.Lookup(f.id); !ok || got != registry.Entry(f) {
					t.Error("not found")
				}
				registry.Unregister(f.id)
				runtime.Gosched()
			}
		})
		all.Go(func() {
			for range 100 {
				for _, n := range registry.Tree() {
					if n.ID != root.id && n.Parent != root.id {
						t.Error("an entry of nobody's")
					}
				}
				registry.ByName("child")
				registry.ByThread(5)
				if _, err := registry.Snapshot(); err != nil {
					t.Error(err)
				}
				if !slices.IsSortedFunc(registry.All(false), func(a, b registry.Entry) int { return int(a.ID()) - int(b.ID()) }) {
					t.Error("not in order")
				}
			}
		})
	}
	all.Wait()
	require.Len(t, registry.All(false), 1)
	require.NoError(t, registry.StopAll(context.Background()))
}

// Entries of several testing/synctest bubbles come and go at once: the Go runtime ends the process when
// goroutines of one bubble wait for those of another.
func TestParallelBubbles(t *testing.T) {
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for range 10_000 {
					register(t, "", nil)
				}
			})
		})
	}
}
