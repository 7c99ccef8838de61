package group

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/pending"
)

// PendingGroup has as members the Pendings that are made under its context: those of calls on any caller, of
// calls that they make in turn, of pending.Go and pending.New. Run makes one. Its methods may be called from
// any goroutine, at any time, and do not wait; the zero value, which nobody runs, can be used too.
type PendingGroup struct {
	mode    Mode
	outer   *PendingGroup  // its members are all of ours
	own     pending.Handle // the call that runs it
	members pending.Manager
	ctx     context.Context         // the group's; nil if nobody runs it
	end     context.CancelCauseFunc // ends ctx
	shields atomic.Bool             // there is or was one inside

	mu       sync.Mutex
	left     bool                    // Run takes no more members
	reason   *pending.CancelledError // once cancelled
	failures []error                 // of members, in order
	reported error                   // the first member that was cancelled, where the mode reports that
}

// Current returns the innermost group that ctx belongs to, or nil.
func Current(ctx context.Context) *PendingGroup {
	for _, t := range pending.Trackers(ctx) {
		if g, ok := t.(*PendingGroup); ok {
			return g
		}
	}
	return nil
}

// ended is told of every member that ends with an error.
func (g *PendingGroup) ended(p pending.Handle) {
	err := p.Err()
	switch {
	case !p.Cancelled():
		g.fail(err)
	case g.mode.cancels():
		g.cancel("another member of its group was cancelled", nil)
	case g.mode.reports():
		g.mu.Lock()
		if g.reported == nil {
			g.reported = err
		}
		g.mu.Unlock()
	}
}

func (g *PendingGroup) fail(err error) {
	g.mu.Lock()
	g.failures = append(g.failures, err)
	g.mu.Unlock()
	g.cancel("another member of its group has failed", err)
}

func (g *PendingGroup) timeUp() { g.cancel("its group's time is up", context.DeadlineExceeded) }

// surroundingsEnded is called when the group's context has ended, for whatever reason.
func (g *PendingGroup) surroundingsEnded(inner context.Context) {
	g.cancel("the context around its group has ended", context.Cause(inner))
}

// Cancel cancels the group, unless it has been cancelled or left before, and reports whether it did. What
// comes of it is said at Run and Mode.
func (g *PendingGroup) Cancel(msg string) bool { return g.cancel(msg, nil) }

func (g *PendingGroup) cancel(msg string, cause error) bool {
	g.mu.Lock()
	if g.reason != nil || g.left && len(g.members.Pending()) == 0 {
		g.mu.Unlock()
		return false
	}
	g.reason = &pending.CancelledError{Message: msg, Cause: cause}
	g.mu.Unlock()
	if g.end != nil {
		defer g.end(g.reason)
	}
	cancelAll(slices.DeleteFunc(g.Pending(), g.spares), msg, cause)
	return true
}

// Cancelled reports whether the group has been cancelled, for whatever reason.
func (g *PendingGroup) Cancelled() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.reason != nil
}

// Track is Add for what is made under the group's context, whose end the group makes known to its members.
func (g *PendingGroup) Track(p pending.Handle) {
	if g.ctx != nil {
		pending.Relieve(p, g.ctx)
	}
	g.Add(p)
}

// Add makes p a member, and one of the groups around this one. When the group has been cancelled or left, p is
// cancelled, unless it is shielded. A nil p does not count.
func (g *PendingGroup) Add(p pending.Handle) {
	if p == nil {
		return
	}
	if g.outer != nil {
		g.outer.Add(p)
	}
	g.members.Add(p)
	g.mu.Lock()
	left, reason := g.left, g.reason
	g.mu.Unlock()
	switch {
	case reason == nil && !left || g.spares(p):
	case reason != nil:
		cancelOne(p, reason.Message, reason.Cause)
	default:
		p.Cancel("its group has been left")
	}
}

// Remove lets p go: the group waits for it no more, is not concerned with how it ends, and does not cancel it. If it
// was made under the group's context, the end of that reaches it still, which comes when Run returns at the latest.
// The groups around this one keep it.
func (g *PendingGroup) Remove(p pending.Handle) {
	g.members.Remove(p)
	pending.Restore(p)
}

// Pending returns the members that are not done, in the order in which they were added.
func (g *PendingGroup) Pending() []pending.Handle { return g.members.Pending() }

// String shows how many members are not done, the mode, and whether the group has been cancelled.
func (g *PendingGroup) String() string {
	s := fmt.Sprintf("PendingGroup %d pending, mode %d", len(g.Pending()), g.mode)
	if g.Cancelled() {
		s += " ⛔"
	}
	return s
}
