package loop

import (
	"errors"
	"fmt"
	"runtime"
)

// errOtherDepth is Step's error when a guest is driven below another number of callbacks from C than before:
// its coroutines can be switched to only where they were made.
var errOtherDepth = errors.New("loop: driven inside a nested native loop; its turn comes when that has returned")

// errInCall is the error of driving a loop inside a call, of its own or of another's.
var errInCall = fmt.Errorf("%w: a loop cannot be driven inside a call; do it between calls", ErrInUse)

// Calls of C that are known not to call back: how many are about to begin or have, and how many have.
var quietCalls, quietBegun atomicInt64

// QuietCall says that the calling goroutine is about to make a call of C, through cgo, that does not call back, so
// that no loop has to look on its stacks for a callback because of it. It is a seam for adapters.
func QuietCall() { quietCalls.Inc() }

// QuietCallBegun says of one QuietCall that the call of C has begun, or is over. Any goroutine may say so. Until
// then loops look.
func QuietCallBegun() { quietBegun.Inc() }

// loudCalls counts the calls of C that may have called back. Since the count was before, and quiet, none has been
// made. While a quiet call is about to begin the count is not known, and -1.
func loudCalls(before int64) (n int64, quiet bool) {
	begun := quietBegun.Load()
	n = runtime.NumCgoCall() - begun
	if quietCalls.Load() != begun {
		return -1, false
	}
	return n, n == before
}

// manyThreads is the number of loops, beside those in driven, beyond which walking a stack is cheaper than
// runtime.NumCgoCall, which looks at every thread of the process.
const manyThreads = 16

// canSuspend reports whether no C frame lies between the coroutine's beginning and here. Walking the stack
// takes microseconds, so it is done only when C has been called since it was known not to.
func (co *coroutine) canSuspend() bool {
	if co.resume == nil {
		return false
	}
	if !callbacksExist {
		return true
	}
	if moreDriven.Load() > manyThreads {
		return callbackDepth(co.loop.callers[:]) == 0
	}
	n, quiet := loudCalls(co.cgoCalls)
	if !quiet && callbackDepth(co.loop.callers[:]) > 0 {
		return false
	}
	co.cgoCalls = n
	return true
}

// atItsDepth reports whether the loop is driven below as many callbacks from C as before. While it has no
// coroutine it does not matter. The calls of C tell in most cases, if they can.
func (l *Loop) atItsDepth(callsTell bool) bool {
	if !callbacksExist || l.guestRun == nil {
		return true
	}
	n, quiet := loudCalls(l.cgoCalls)
	if quiet && callsTell {
		return true
	}
	depth := callbackDepth(l.callers[:])
	if l.hub == nil && len(l.idle) == 0 && l.suspended.first == nil {
		l.depth = depth
	}
	if depth != l.depth {
		return false
	}
	l.cgoCalls = n
	return true
}

// callbackDepth counts the frames by which C has entered Go. It uses pcs for the walk, and little of the
// stack, which may be a small one.
func callbackDepth(pcs []uintptr) (depth int) {
	for skip := 2; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs)
		for _, pc := range pcs[:n] {
			if runtime.FuncForPC(pc-1).Name() == "runtime.cgocallbackg" {
				depth++
			}
		}
		if n < len(pcs) {
			return depth
		}
	}
}
