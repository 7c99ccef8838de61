package registry_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/registry"
)

// household is a family and others, by name.
func household(t *testing.T) map[string]*fake {
	all := map[string]*fake{}
	add := func(name, parent string) { all[name] = register(t, name, all[parent]) }
	add("root", "")
	add("child", "root")
	add("grandchild", "child")
	add("sibling", "root")
	add("stranger", "")
	return all
}

func TestStopAll(t *testing.T) {
	tests := []struct {
		name string
		keep []string
		want []string // stopped
	}{
		{"nobody kept", nil, []string{"root", "child", "grandchild", "sibling", "stranger"}},
		{"a root", []string{"stranger"}, []string{"root", "child", "grandchild", "sibling"}},
		{"with its parents", []string{"grandchild"}, []string{"sibling", "stranger"}},
		{"without its children", []string{"root"}, []string{"child", "grandchild", "sibling", "stranger"}},
		{"several with common parents", []string{"grandchild", "sibling", "grandchild"}, []string{"stranger"}},
		{"everybody", []string{"grandchild", "sibling", "stranger"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			all := household(t)
			var keep []registry.ID
			for _, name := range test.keep {
				keep = append(keep, all[name].id)
			}
			require.NoError(t, registry.StopAll(context.Background(), keep...))
			var stopped []string
			for _, e := range registry.All(false) {
				if e.(*fake).wasStopped() {
					stopped = append(stopped, e.Name())
				}
			}
			require.Equal(t, test.want, stopped)
		})
	}
}

func TestStopAllKeepsUnknown(t *testing.T) {
	gone := &fake{id: registry.NextID()}
	orphan := register(t, "orphan", gone)
	other := register(t, "other", nil)
	require.NoError(t, registry.StopAll(context.Background(), 0, gone.id, orphan.id, registry.NextID()))
	require.False(t, orphan.wasStopped())
	require.True(t, other.wasStopped())
}

// All are told before the first is waited for: one may need another's end for its own.
func TestStopAllStopsBeforeItWaits(t *testing.T) {
	var ev events
	for _, name := range []string{"a", "b", "c"} {
		register(t, name, nil, func(f *fake) { f.events = &ev })
	}
	require.NoError(t, registry.StopAll(context.Background()))
	require.Equal(t, []string{"stop a", "stop b", "stop c", "wait a", "wait b", "wait c"}, ev.list)
}

func TestStopAllJoinsErrors(t *testing.T) {
	errA, errC := errors.New("a"), errors.New("c")
	register(t, "a", nil, func(f *fake) { f.err = errA })
	b := register(t, "b", nil)
	register(t, "c", nil, func(f *fake) { f.err = errC })
	err := registry.StopAll(context.Background())
	require.ErrorIs(t, err, errA)
	require.ErrorIs(t, err, errC)
	require.True(t, b.wasStopped())
}

// One that does not stop is waited for until the context ends, and holds up the others' waits only.
func TestStopAllGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		register(t, "stubborn", nil, func(f *fake) {
			f.wait = func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			}
		})
		other := register(t, "other", nil)
		ctx, cancel := context.WithCancel(context.Background())
		var err error
		over := false
		go func() {
			err = registry.StopAll(ctx)
			over = true
		}()
		synctest.Wait()
		require.True(t, other.wasStopped())
		require.False(t, over)
		cancel()
		synctest.Wait()
		require.True(t, over)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestStopAllOfNobody(t *testing.T) {
	require.NoError(t, registry.StopAll(context.Background()))
}
