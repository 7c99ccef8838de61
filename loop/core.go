package loop

import (
	"runtime/trace"
	"time"
)

// The core is the silent half of a loop: it owns what is ready, what is suspended and the coroutines
// that functions run on. It starts no goroutine, waits for nothing and is told the time; a driver
// gives it a thread and sleeps when there is nothing to do.
//
// Who may touch what:
//  1. The fields of core belong to the goroutine that drives the loop and to the coroutines it
//     switches to, of which one runs at a time. Nobody else reads or writes them.
//  2. The atomic fields are written by those alone, and read by everybody.
//  3. Everything that comes from outside comes through the mailbox or through timers, which lock.
type core struct {
	hub       *coroutine   // runs what is ready; nil once the call it ran has been suspended
	idle      []*coroutine // free list
	suspended list
	waited    uint64 // how many calls have been suspended
	unwinding bool   // waits fail, queued calls are aborted

	// One turn. Its position is kept here, not on a stack, since the hub may change in the middle.
	stage     stage
	turnNow   int64  // what the driver said the time is
	until     int64  // when the slice of time ends, and with it the turn; never where nobody else wants the thread
	unseen    int    // calls that run before the next look at the clock
	cut       bool   // the slice has ended in the middle of the turn, which the next one goes on with
	left      int    // how many more the stage may run
	batch     []Call // taken from the mailbox's ordinary lane; next is batch[pos]
	pos       int
	resumes   []Call // taken from the express lane; next is resumes[resumePos]
	resumePos int
	resumed   uint64 // how many of the express lane have run
	peak      int    // the longest batch since the last sleep
	lean      int    // sleeps since the batch was as large as its array
	share     int    // how many calls a stage runs in one turn
	ran       int    // in this turn
	unusual   bool   // the turn is traced, or the loop is unwinding
	calls     uint64 // ordinary calls started
	whenIdle  func() // see WhenIdle

	turnStart atomicInt64 // when the running turn began; 0 between turns
	switches  atomicUint64
	timersRun atomicUint64
	suspends  atomicUint64 // suspends less switches are suspended now
	nIdle     atomicInt64
	longest   atomicInt64
}

// stage is where in a turn the loop is. A turn goes through them in this order, and each runs at
// most share calls, so that a flood in one starves none of the others.
type stage int

const (
	stageTimers  stage = iota // what is due
	stageResumes              // suspended calls whose wait is over
	stageCalls                // what has arrived, in order
	stageEnd
)

const (
	maxShare   = 64                    // calls of a stage in one turn
	maxStride  = 8                     // calls of a slice from one look at the clock to the next
	shortTurn  = 20 * time.Microsecond // a longer turn halves the share, a shorter one doubles it
	maxIdle    = 256                   // coroutines kept for reuse
	largeBatch = 1 << 12               // slots that are worth giving back
	leanSleeps = 64                    // before they are
)

// turn runs one round of what is ready at now, or as much of it as fits in before until. It returns with nothing
// left running.
func (l *Loop) turn(now, until int64) (end int64) {
	l.beginTurn(now, until)
	for l.stage != stageEnd && !l.cut {
		if l.hub == nil {
			l.hub = l.takeIdle()
		}
		l.switchTo(l.hub)
	}
	l.turnStart.Store(0)
	return l.endTurn()
}

func (l *Loop) beginTurn(now, until int64) {
	if l.cut {
		l.left = min(l.left, l.share) // and the stage stays, so that the later ones get their turn
	} else {
		l.left, l.stage = l.share, stageTimers
	}
	l.turnNow, l.until, l.ran, l.unseen, l.cut = now, until, 0, l.stride(), false
	l.unusual = l.unwinding || trace.IsEnabled()
	l.watch.first.Store(l.progress())
	l.turnStart.Store(max(now, 1))
	l.watch.arm()
}

// endTurn returns when the turn has ended.
func (l *Loop) endTurn() int64 {
	l.publishIdle()
	breathe()
	full := l.ran >= l.share
	end := l.now()
	l.measure(time.Duration(end - l.turnNow))
	if !full && l.shed() {
		return l.now()
	}
	return end
}

// sliceOver reports whether the turn has to end since native events have waited long enough. It looks at the clock
// after every call while calls are slow. Quick ones would cost almost twice as much then, so it looks after several of
// those: as many may hold the thread when calls become slow all at once.
func (l *Loop) sliceOver() bool {
	if l.unseen > 0 {
		l.unseen--
		return false
	}
	l.unseen = l.stride() - 1
	l.cut = l.now() >= l.until
	return l.cut
}

// stride is how many calls run from one look at the clock to the next.
func (l *Loop) stride() int { return max(1, l.share*maxStride/maxShare) }

// ready reports whether a turn at now would find something to do.
func (l *Loop) ready(now int64) bool {
	return l.pos < len(l.batch) || l.resumePos < len(l.resumes) || l.mailbox.NonEmpty() || l.timers.due(now)
}

// next returns the call to run next, or nil at the end of the turn.
func (l *Loop) next() Call {
	for l.stage == stageCalls && l.left > 0 && l.pos < len(l.batch) {
		c := l.batch[l.pos]
		l.batch[l.pos] = nil
		l.pos++
		l.left--
		l.ran++
		co, yielded := c.(*coroutine)
		if !yielded {
			l.calls++
			l.mailbox.SetStarted(l.calls)
			return c
		}
		if l.unwinding || !l.early(co) {
			return c
		}
		l.mailbox.PutLast(c)
	}
	return l.advance()
}

// early reports whether something that was ready when co yielded has still to run, since a stage runs so
// many in one turn only.
func (l *Loop) early(co *coroutine) bool {
	return l.resumed < co.yieldedAfter || l.timers.dueOf(co.yieldedSeq, co.yieldedAt)
}

// advance is next for the other stages, and moves on from one to the next.
func (l *Loop) advance() Call {
	for {
		switch l.stage {
		case stageTimers:
			if l.left > 0 {
				if c := l.timers.pop(l.turnNow); c != nil {
					l.left--
					l.ran++
					if _, sleeper := c.(*coroutine); !sleeper {
						l.timersRun.Inc()
					}
					return c
				}
			}
			l.take()
			l.stage, l.left = stageResumes, l.share
		case stageResumes:
			if l.left > 0 && l.resumePos < len(l.resumes) {
				c := l.resumes[l.resumePos]
				l.resumes[l.resumePos] = nil
				l.resumePos++
				l.resumed++
				l.left--
				l.ran++
				l.foresee()
				return c
			}
			l.stage, l.left = stageCalls, l.share
		case stageCalls:
			if l.left > 0 && l.pos < len(l.batch) {
				return l.next()
			}
			l.stage = stageEnd
		case stageEnd:
			return nil
		}
	}
}

// take fetches what has arrived into the batches that are used up.
func (l *Loop) take() {
	if l.resumePos == len(l.resumes) {
		l.resumes, l.resumePos = l.mailbox.TakeExpress(l.resumes), 0
	}
	if l.pos == len(l.batch) {
		l.batch, l.pos = l.mailbox.Take(l.batch), 0
		l.peak = max(l.peak, len(l.batch))
	}
}

// slim gives back, before a sleep, what a flood has made of the batch, once many sleeps have passed
// without another.
func (l *Loop) slim() {
	switch {
	case cap(l.batch) <= largeBatch || l.peak > cap(l.batch)/16:
		l.lean = 0
	case l.lean < leanSleeps:
		l.lean++
	default:
		l.batch, l.pos, l.lean = nil, 0, 0
	}
	l.peak = 0
}

// measure learns from how long the turn took: it keeps turns short, so that what a stage owes the
// others is small also where calls are slow, and notes the longest call. A call that ran among
// others in a short turn is not worth a clock reading of its own.
func (l *Loop) measure(took time.Duration) {
	if l.ran == 0 {
		return
	}
	if took > shortTurn && l.cut {
		l.share = 1
	} else if took > shortTurn {
		l.share = max(1, l.share/2)
	} else if l.ran >= l.share {
		l.share = min(maxShare, l.share*2)
	}
	if (l.ran == 1 || took > shortTurn) && int64(took) > l.longest.Load() {
		l.longest.Store(int64(took))
	}
}
