package pending

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"sync"
)

// Tracker is told of Pendings that are made under a context it is active in.
type Tracker interface {
	// Track is called on the goroutine that makes p, before p's work is handed over.
	Track(p Handle)
}

type trackersKey struct{}

// WithTracker makes t active in the context it returns and in those made from it, in place of an
// active one of the same type; others stay active. A nil t leaves none active.
func WithTracker(ctx context.Context, t Tracker) context.Context {
	if t == nil {
		return context.WithValue(ctx, trackersKey{}, []Tracker(nil))
	}
	var active []Tracker
	for _, other := range Trackers(ctx) {
		if reflect.TypeOf(other) != reflect.TypeOf(t) {
			active = append(active, other)
		}
	}
	return context.WithValue(ctx, trackersKey{}, append(active, t))
}

// Trackers returns the trackers active in ctx. The caller must not change the slice.
func Trackers(ctx context.Context) []Tracker {
	active, _ := ctx.Value(trackersKey{}).([]Tracker)
	return active
}

func track(ctx context.Context, p Handle) {
	if ctx == nil {
		return
	}
	for _, t := range Trackers(ctx) {
		t.Track(p)
	}
}

// Manager is a Tracker that keeps the Pendings that are not done, in the order in which they were made.
// Its methods may be called from any goroutine and do not wait.
type Manager struct {
	mu     sync.Mutex
	live   map[Handle]uint64
	number uint64
}

// NewManager makes a Manager, active nowhere.
func NewManager() *Manager { return &Manager{live: make(map[Handle]uint64)} }

// Context returns ctx with m active in it.
func (m *Manager) Context(ctx context.Context) context.Context { return WithTracker(ctx, m) }

// Track is Add.
func (m *Manager) Track(p Handle) { m.Add(p) }

// Add keeps p until it is done. How it ends is of no concern to m.
func (m *Manager) Add(p Handle) {
	m.mu.Lock()
	_, known := m.live[p]
	if !known {
		m.number++
		m.live[p] = m.number
	}
	m.mu.Unlock()
	if !known {
		p.AddDoneCallback(m.Remove)
	}
}

// Remove forgets p.
func (m *Manager) Remove(p Handle) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.live, p)
}

// Pending returns what m keeps.
func (m *Manager) Pending() []Handle {
	m.mu.Lock()
	defer m.mu.Unlock()
	live := slices.SortedFunc(maps.Keys(m.live), func(a, b Handle) int {
		return cmp.Compare(m.live[a], m.live[b])
	})
	return slices.DeleteFunc(live, Handle.IsDone)
}
