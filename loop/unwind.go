package loop

import (
	"cmp"
	"slices"
)

// unwind resumes what is suspended, with its wait failing, one call after the other. The last to start is the
// first, as with deferred functions: what a call has started, and uses what is the call's, ends before it does.
func (l *Loop) unwind() {
	var all []*coroutine
	for co := l.suspended.first; co != nil; co = co.succ {
		all = append(all, co)
	}
	slices.SortFunc(all, func(a, b *coroutine) int { return cmp.Compare(b.nth, a.nth) })
	for _, co := range all {
		l.watch.first.Store(l.progress())
		l.turnStart.Store(max(l.now(), 1))
		l.watch.arm()
		l.switches.Inc()
		l.switchTo(co)
	}
	l.turnStart.Store(0)
}
