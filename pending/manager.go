package pending

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/pinion-go/pinion/loop"
)

// Manager is a Tracker that keeps the Pendings that are not done, in the order in which they were made.
// Its methods may be called from any goroutine and, but for Wait, do not wait.
type Manager struct {
	mu      sync.Mutex
	live    map[Handle]uint64
	number  uint64
	waiting map[*loop.Parker]struct{}
	ended   func(Handle)
	onEnd   func(Handle) // end, for all of them
}

// NewManager makes a Manager, active nowhere.
func NewManager() *Manager { return new(Manager) }

// Context returns ctx with m active in it.
func (m *Manager) Context(ctx context.Context) context.Context { return WithTracker(ctx, m) }

// Observe has fn called with every Pending that ends with an error while m keeps it, on the goroutine that ends it
// and before m forgets it. It has to be called before the first one is added.
func (m *Manager) Observe(fn func(Handle)) { m.ended = fn }

// Track is Add.
func (m *Manager) Track(p Handle) { m.Add(p) }

// Add keeps p until it is done. How it ends is of no concern to m. A nil p does not count.
func (m *Manager) Add(p Handle) {
	if p == nil {
		return
	}
	m.mu.Lock()
	_, known := m.live[p]
	if !known {
		if m.live == nil {
			m.live, m.onEnd = make(map[Handle]uint64), m.end
		}
		m.number++
		m.live[p] = m.number
	}
	m.mu.Unlock()
	if known {
		return
	}
	if w, ok := p.(interface{ whenDone(func(Handle)) *entry }); ok {
		w.whenDone(m.onEnd) // nothing to take it back with, which would be an allocation
	} else {
		p.AddDoneCallback(m.onEnd)
	}
}

func (m *Manager) end(p Handle) {
	if m.ended != nil && p.Err() != nil && m.keeps(p) {
		defer m.Remove(p)
		m.ended(p)
		return
	}
	m.Remove(p)
}

func (m *Manager) keeps(p Handle) bool {
	m.mu.Lock()
	_, known := m.live[p]
	m.mu.Unlock()
	return known
}

// Remove forgets p.
func (m *Manager) Remove(p Handle) {
	m.mu.Lock()
	delete(m.live, p)
	last := len(m.live) == 0 && len(m.waiting) > 0
	m.mu.Unlock()
	if last {
		m.wake()
	}
}

// wake unparks those who wait, without the lock: waking a loop may call a toolkit.
//
//go:noinline
func (m *Manager) wake() {
	m.mu.Lock()
	woken := slices.Collect(maps.Keys(m.waiting))
	m.mu.Unlock()
	for _, parker := range woken {
		parker.Unpark()
	}
}

// Pending returns what m keeps.
func (m *Manager) Pending() []Handle {
	m.mu.Lock()
	defer m.mu.Unlock()
	type numbered struct {
		p Handle
		n uint64
	}
	all := make([]numbered, 0, len(m.live))
	for p, n := range m.live {
		if !p.IsDone() {
			all = append(all, numbered{p, n})
		}
	}
	slices.SortFunc(all, func(a, b numbered) int { return cmp.Compare(a.n, b.n) })
	live := make([]Handle, len(all))
	for i, e := range all {
		live[i] = e.p
	}
	return live
}

// Wait waits until m keeps nothing: on a loop's thread it suspends the call, elsewhere it blocks the
// goroutine. What is added meanwhile is waited for too. Giving the wait up cancels nothing. Errors: ctx's;
// loop.ErrStopped and loop.ErrCannotSuspend; ErrDeadlock when m keeps the very call that waits.
func (m *Manager) Wait(ctx context.Context) error {
	parker, err := loop.Self()
	if err != nil {
		return err
	}
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.waiting, parker)
	}()
	own := RunningOn(ctx, parker)
	for {
		m.mu.Lock()
		if len(m.live) == 0 {
			m.mu.Unlock()
			return nil
		}
		if m.waiting == nil {
			m.waiting = make(map[*loop.Parker]struct{})
		}
		m.waiting[parker] = struct{}{}
		_, own := m.live[own]
		m.mu.Unlock()
		if own {
			return ErrDeadlock
		}
		if err := parker.Park(ctx); err != nil {
			return err
		}
	}
}
