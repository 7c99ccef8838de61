package pending

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/pinion-go/pinion/loop"
)

// Manager is a Tracker that keeps the Pendings that are not done, in the order in which they were made.
// Its methods may be called from any goroutine and, but for Wait, do not wait.
type Manager struct {
	mu          sync.Mutex // locked after that of a Pending
	first, last *entry
	others      map[Handle]*core // those of another make that it keeps, with what stands for them
	waiting     map[*loop.Parker]struct{}
	ended       func(Handle)
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
	c := coreOf(p)
	if c == nil {
		c = m.standIn(p)
	}
	c.observe()
	c.mu.Lock()
	drained := c.drained
	if !drained && c.entryOf(m) == nil {
		m.keepLocked(c)
	}
	c.mu.Unlock()
	if drained {
		m.tell(c)
		m.dismiss(c)
	}
}

// keepLocked puts c, which is locked, in m's list, and m in c's.
func (m *Manager) keepLocked(c *core) {
	e := c.addLocked(m)
	m.mu.Lock()
	defer m.mu.Unlock()
	e.kept, e.before = c, m.last
	if m.last == nil {
		m.first = e
	} else {
		m.last.after = e
	}
	m.last = e
}

// entryOf returns m's entry. p is locked.
func (p *core) entryOf(m *Manager) *entry {
	for e := p.first; e != nil; e = e.next {
		if e.who == any(m) {
			return e
		}
	}
	return nil
}

// end is called when c is done.
func (m *Manager) end(c *core) {
	defer m.forget(c)
	m.tell(c)
}

func (m *Manager) tell(c *core) {
	if m.ended != nil && c.self.Err() != nil {
		c.guard("a callback", func() { m.ended(c.self) })
	}
}

// forget takes c out of m's list.
func (m *Manager) forget(c *core) {
	c.mu.Lock()
	e := c.entryOf(m)
	if e == nil {
		c.mu.Unlock()
		return
	}
	m.mu.Lock()
	if e.before == nil {
		m.first = e.after
	} else {
		e.before.after = e.after
	}
	if e.after == nil {
		m.last = e.before
	} else {
		e.after.before = e.before
	}
	if len(m.others) > 0 {
		delete(m.others, c.self)
	}
	last := m.first == nil && len(m.waiting) > 0
	m.mu.Unlock()
	c.removeLocked(e)
	c.mu.Unlock()
	if last {
		m.wake()
	}
}

// Remove forgets p.
func (m *Manager) Remove(p Handle) {
	if c := m.find(p); c != nil {
		m.forget(c)
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
	var live []Handle
	for e := m.first; e != nil; e = e.after {
		if !e.kept.IsDone() {
			live = append(live, e.kept.self)
		}
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
		if m.first == nil {
			m.mu.Unlock()
			return nil
		}
		if m.waiting == nil {
			m.waiting = make(map[*loop.Parker]struct{})
		}
		m.waiting[parker] = struct{}{}
		m.mu.Unlock()
		if m.keeps(own) {
			return ErrDeadlock
		}
		if err := parker.Park(ctx); err != nil {
			return err
		}
	}
}

func (m *Manager) keeps(p Handle) bool {
	c := m.find(p)
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entryOf(m) != nil
}
