package registry_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/registry"
)

// fake is an Entry without a thread. What it is, a test may change until it is registered.
type fake struct {
	id, parent registry.ID
	name       string
	thread     int
	running    bool
	info       registry.Info // but for what the fields above say

	mu      sync.Mutex
	stopped bool
	events  *events
	err     error
	wait    func(ctx context.Context) error
}

// events collects what is done to entries, in order.
type events struct {
	mu   sync.Mutex
	list []string
}

func (e *events) add(what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, what)
}

func (f *fake) ID() registry.ID       { return f.id }
func (f *fake) Name() string          { return f.name }
func (f *fake) ThreadID() int         { return f.thread }
func (f *fake) Running() bool         { return f.running }
func (f *fake) ParentID() registry.ID { return f.parent }

func (f *fake) Info() registry.Info {
	i := f.info
	i.ID, i.Parent, i.Name, i.ThreadID = f.id, f.parent, f.name, f.thread
	return i
}

func (f *fake) Stop(force bool) {
	f.mu.Lock()
	f.stopped = force
	f.mu.Unlock()
	if f.events != nil {
		f.events.add("stop " + f.name)
	}
}

func (f *fake) WaitStopped(ctx context.Context) error {
	if f.events != nil {
		f.events.add("wait " + f.name)
	}
	if f.wait != nil {
		return f.wait(ctx)
	}
	return f.err
}

func (f *fake) wasStopped() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stopped
}

// register makes an entry known until the test ends. The parent may be nil.
func register(t *testing.T, name string, parent *fake, change ...func(*fake)) *fake {
	t.Helper()
	f := &fake{id: registry.NextID(), name: name, running: true}
	if parent != nil {
		f.parent = parent.id
	}
	for _, c := range change {
		c(f)
	}
	registry.Register(f)
	t.Cleanup(func() { registry.Unregister(f.id) })
	return f
}

func names(entries []registry.Entry) (names []string) {
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func requireEntry(t *testing.T, want *fake, got registry.Entry, ok bool) {
	t.Helper()
	require.True(t, ok)
	require.Same(t, want, got)
}
