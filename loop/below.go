package loop

import "go.uber.org/atomic"

// threads finds the loop that Run drives on a thread; the owner of a manual loop may leave without a word, and
// then its thread's number belongs to another. It takes a system call to ask, so that is done only by
// goroutines that are about to block: one that is no coroutine of ours and yet on a loop's thread is one of the
// user's own, made by iter.Pull inside a call.
var threads = newTable[int, *Loop]()

// driven are the same loops as long as they are few, to be looked through without a system call; the others are
// counted.
var (
	driven     [16]atomic.Pointer[Loop]
	moreDriven atomicInt64
)

// enterThread and leaveThread are called by Run.
func (l *Loop) enterThread() {
	threads.Store(l.ThreadID(), l)
	for i := range driven {
		if driven[i].CompareAndSwap(nil, l) {
			return
		}
	}
	moreDriven.Inc()
}

func (l *Loop) leaveThread() {
	threads.Delete(l.ThreadID())
	for i := range driven {
		if driven[i].CompareAndSwap(l, nil) {
			return
		}
	}
	moreDriven.Dec()
}

// below returns the loop on whose thread a coroutine of the user's own runs, or nil for free goroutines.
func below() *Loop {
	if !someCallRuns() {
		return nil
	}
	tid := OSThreadID()
	l, _ := threads.Load(tid)
	if l != nil && (OSThreadID() != tid || l.ThreadID() != tid) {
		return nil // the goroutine has moved on, and the thread it was on has become a loop's
	}
	return l
}

// someCallRuns reports whether a loop may have a function of the user's run on its thread.
func someCallRuns() bool {
	if moreDriven.Load() > 0 {
		return true
	}
	for i := range driven {
		if l := driven[i].Load(); l != nil && (l.host != nil || l.turnStart.Load() != 0) {
			return true
		}
	}
	return false
}
