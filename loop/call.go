package loop

import "context"

// Call is a unit of work as a loop sees it. It is the seam for packages built on this one; programs
// hand over functions.
type Call interface {
	// Run does the work on the loop's thread. It may suspend.
	Run()
	// Abort ends a call that has not run because the loop stopped, or one whose Run panicked
	// (*PanicError) or called runtime.Goexit (ErrGoexit). It reports whether somebody is told of err; if
	// not, the loop logs panics. It runs on the loop's thread, or on the stopping goroutine when the
	// loop never ran.
	Abort(err error) (told bool)
}

// Task is a Call that is also the context of the function it runs. When a wait on the loop's thread
// is given the very context of its call, the call's end wakes it directly and no channel is made.
type Task interface {
	Call
	context.Context
	// Watch names the Parker that the context's end has to unpark; nil ends that.
	Watch(p *Parker)
}

// funcCall is a posted function.
type funcCall func()

func (f funcCall) Run()             { f() }
func (f funcCall) Abort(error) bool { return false }

// Submit hands over a Call, with the guarantees and errors of Post.
func (l *Loop) Submit(c Call) error {
	wake, err := l.mailbox.Put(c)
	if wake {
		l.Rouse()
	}
	if err != nil {
		err = l.refusal(err)
	}
	return err
}

// Lock takes the lock under which calls are handed over, for who has to do something in one step with Enqueue.
// Nothing else of the loop may be called until Unlock.
func (l *Loop) Lock() { l.mailbox.Lock() }

// Unlock ends what Lock has begun.
func (l *Loop) Unlock() { l.mailbox.Unlock() }

// Enqueue is the part of Submit that is done between Lock and Unlock. The rest has to follow: Rouse, if it reports
// wake.
func (l *Loop) Enqueue(c Call) (wake bool, err error) {
	if wake, err = l.mailbox.PutLocked(c); err != nil {
		err = l.refusal(err)
	}
	return wake, err
}

// Rouse wakes the loop, as a host or a toolkit has it done.
func (l *Loop) Rouse() { l.driver.wake() }

// Continue hands over a Call that does the rest of one that is running: it goes where suspended calls go whose
// wait is over, and is not refused. Only calls of the loop may call it.
func (l *Loop) Continue(c Call) {
	if l.mailbox.PutExpress(c) {
		l.Rouse()
	}
}

// Post hands fn over to run on the loop's thread and returns at once. Any goroutine may call it, also
// before the loop runs; functions posted by one goroutine start in the order of its posts. fn may
// wait, which suspends it; a panic or runtime.Goexit in it is logged and the loop goes on. Errors:
// ErrStopped after Stop, ErrMailboxFull past WithMailboxLimit, ErrNilFunc. What is still queued when
// the loop stops is dropped; Stats counts it.
func (l *Loop) Post(fn func()) error {
	if fn == nil {
		return ErrNilFunc
	}
	return l.Submit(funcCall(fn))
}

type callCounts struct {
	panics  atomicUint64 // that Abort told nobody of
	dropped atomicUint64
	undone  atomicUint64 // of those dropped, the ones counted as started
	slow    atomicUint64
}
