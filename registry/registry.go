package registry

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/puzpuzpuz/xsync/v3"
)

// ID identifies a registered entry. IDs count up from 1 and are never used again.
type ID uint64

// Entry is a caller as the registry knows it. Its methods may be called from any goroutine and, but for
// WaitStopped, do not wait.
type Entry interface {
	ID() ID
	Name() string
	ThreadID() int
	Running() bool
	ParentID() ID // 0: none
	Info() Info
	Stop(force bool)
	WaitStopped(ctx context.Context) error
}

var (
	entries = xsync.NewMapOf[ID, Entry]()
	lastID  atomicUint64

	// writing is held by who changes entries: the writers of a bare MapOf wait for one another on a sync.Cond
	// while it grows, which ends the process when they belong to different testing/synctest bubbles.
	writing sync.Mutex
)

// NextID returns an ID that nobody has had.
func NextID() ID { return ID(lastID.Inc()) }

// Register makes e known under its ID until Unregister.
func Register(e Entry) {
	id := e.ID()
	writing.Lock()
	defer writing.Unlock()
	entries.Store(id, e)
}

// Unregister forgets the entry with that ID. An unknown one is no error.
func Unregister(id ID) {
	writing.Lock()
	defer writing.Unlock()
	entries.Delete(id)
}

// Lookup returns the entry with that ID.
func Lookup(id ID) (Entry, bool) { return entries.Load(id) }

// ByThread returns the running entry that owns the thread with the operating system's number tid.
func ByThread(tid int) (Entry, bool) {
	return first(func(e Entry) bool { return tid != 0 && e.Running() && e.ThreadID() == tid })
}

// ByName returns the entry of that name; the oldest, if there are several.
func ByName(name string) (Entry, bool) {
	return first(func(e Entry) bool { return e.Name() == name })
}

func first(match func(Entry) bool) (Entry, bool) {
	for _, e := range All(false) {
		if match(e) {
			return e, true
		}
	}
	return nil, false
}

// All returns the entries, oldest first: those that are running, or also those that start or stop.
func All(runningOnly bool) []Entry {
	all := make([]Entry, 0, entries.Size())
	entries.Range(func(_ ID, e Entry) bool {
		if !runningOnly || e.Running() {
			all = append(all, e)
		}
		return true
	})
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(a.ID(), b.ID()) })
	return all
}

// StopAll stops the entries there are, by force, and waits until they have stopped. Those named by keep go on, and
// so do their parents and all above, with which they would stop. It must not be called in a call on an entry that
// it stops, which cannot stop before that call ends. The error joins those of the waits: ctx's when it ends
// first, and those with which hosts failed.
func StopAll(ctx context.Context, keep ...ID) error {
	kept := make(map[ID]bool)
	for _, id := range keep {
		for id != 0 && !kept[id] {
			kept[id] = true
			e, ok := Lookup(id)
			if !ok {
				break
			}
			id = e.ParentID()
		}
	}
	stopping := slices.DeleteFunc(All(false), func(e Entry) bool { return kept[e.ID()] })
	for _, e := range stopping {
		e.Stop(true)
	}
	var errs []error
	for _, e := range stopping {
		errs = append(errs, e.WaitStopped(ctx))
	}
	return errors.Join(errs...)
}
