package loop

import (
	"context"
	"errors"
	"iter"
	"runtime/pprof"
	"runtime/trace"
	"slices"
)

// coroutine is a goroutine that runs on the loop's thread when, and only when, it is switched to. All
// calls run on one. The coroutine that takes calls from the batches is the hub: it calls a function
// as any function is called, so one that never waits costs no switch. When the function has to wait,
// its coroutine gives up being the hub and yields with the function's frames on its stack; another
// becomes the hub and goes on. Once the wait is over, the hub of that moment switches to it, and
// gets the thread back when the function ends or waits again.
//
// Hence: the driver switches to the hub, and the hub to coroutines that are not the hub. When the loop stops the
// hub rests, and the driver switches to those that are suspended.
// Coroutines are made, resumed and ended on the loop's thread by the goroutine that drives the loop
// or by the hub, since the Go runtime ends the process when a coroutine is switched to under another
// state of LockOSThread than it was made in (golang/go#65889).
type coroutine struct {
	parker Parker
	loop   *Loop
	call   Call // being run
	resume func() (struct{}, bool)
	end    func()
	yield  func(struct{}) bool
	unpark func() // parker.Unpark, made when it is first needed
	over   bool   // ends because it was told to

	cgoCalls int64 // loudCalls when no callback from C was on the stack
	timer    Timer // of Sleep

	stack uintptr // an address in the newest frames, as of the last suspend; stale once the stack moves
	nth   uint64  // of the calls that have been suspended, in the order in which they started; 0: has not been

	yieldedAt    int64  // loop time of the turn in which it yielded last
	yieldedSeq   uint64 // the last timer armed by then
	yieldedAfter uint64 // what resumed has to be by then

	prev, succ *coroutine
	also       *coroutine // of a guest's driver: another guest that the same goroutine drives
}

// on reports whether co is one of l's, or its driver.
func (co *coroutine) on(l *Loop) bool {
	for ; co != nil; co = co.also {
		if co.loop == l {
			return true
		}
	}
	return false
}

// drivesGuests reports whether co stands for a toolkit's goroutine, outside of calls.
func (co *coroutine) drivesGuests() bool {
	return co != nil && co == &co.loop.rootSelf && co.loop.guestRun != nil
}

// coroutines finds the coroutine that a goroutine is, or the loop that it drives (an entry without
// resume), by goroutineID. Goroutines enter and leave by themselves.
var coroutines = newTable[uintptr, *coroutine]()

// GoroutineID returns a number that no other goroutine has at the time.
func GoroutineID() uintptr { return goroutineID() }

// here returns the entry of the goroutine that calls, or nil where it belongs to no loop.
func here() *coroutine {
	co, _ := coroutines.Load(goroutineID())
	if co != nil && co.drives() && int64(OSThreadID()) != co.loop.tid.Load() {
		return nil // the owner of a manual loop has ended without stopping it, and this is another goroutine
	}
	return co
}

// errEnded is the panic that carries the end of a coroutine whose function called runtime.Goexit to
// the one that switched to it; without it iter.Pull would pass the Goexit itself on.
var errEnded = errors.New("loop: coroutine ended by runtime.Goexit")

func (l *Loop) takeIdle() *coroutine {
	if n := len(l.idle); n > 0 {
		co := l.idle[n-1]
		l.idle[n-1] = nil
		l.idle = l.idle[:n-1]
		return co
	}
	co := &coroutine{loop: l}
	co.cgoCalls, _ = loudCalls(0)
	co.parker.co = co
	co.timer.loop, co.timer.co = l, co
	co.resume, co.end = iter.Pull(func(yield func(struct{}) bool) {
		co.begin(yield)
		defer co.ended()
		for more := true; more; more = yield(struct{}{}) {
			l.drain(co)
			co.rest()
		}
		co.over = true
	})
	return co
}

// switchTo runs co until it yields or ends.
func (l *Loop) switchTo(co *coroutine) {
	defer func() {
		if l.hub == co && co.resume == nil {
			l.hub = nil
		}
		if v := recover(); v != nil && v != errEnded {
			panic(v)
		}
	}()
	co.resume()
}

// Run resumes the call that co carries. A coroutine in a batch is a Call that resumes itself. Where that ends with
// errEnded, caught deals with it.
func (co *coroutine) Run() {
	co.loop.switches.Inc()
	co.resume()
}

// Abort is not called, unless for a fault of our own, which is logged: coroutines are resumed also when the
// loop stops.
func (co *coroutine) Abort(error) bool { return false }

//go:noinline
func (co *coroutine) begin(yield func(struct{}) bool) {
	co.yield = yield
	coroutines.Store(goroutineID(), co)
	pprof.SetGoroutineLabels(co.loop.labels)
}

// rest puts a coroutine that is not the hub into the free list.
//
//go:noinline
func (co *coroutine) rest() {
	l := co.loop
	if l.hub == co {
		return
	}
	co.nth = 0
	l.idle = append(l.idle, co)
}

// publishIdle comes after every turn.
func (l *Loop) publishIdle() {
	if n := int64(len(l.idle)); n != l.nIdle.Load() {
		l.nIdle.Store(n)
	}
}

// shed ends some of the coroutines that are more than what is worth keeping, and reports whether there were any. It
// is left for when there is little else to do, since thousands that are resumed at once have somebody wait for them.
func (l *Loop) shed() bool {
	if len(l.idle) <= maxIdle {
		return false
	}
	n := max(maxIdle, len(l.idle)-maxShare)
	for _, co := range l.idle[n:] {
		co.end()
	}
	clear(l.idle[n:])
	l.idle = l.idle[:n]
	if n == maxIdle {
		l.idle = slices.Clone(l.idle)
	}
	l.publishIdle()
	return true
}

// drain runs calls until the turn ends or until the coroutine, having been suspended, is no longer
// the hub. It is the hot path of the loop.
func (l *Loop) drain(co *coroutine) {
	defer co.caught()
	for l.hub == co {
		if l.stopping.Load() && !l.unwinding {
			l.stage = stageEnd
			break
		}
		if l.until != never && l.sliceOver() {
			break
		}
		c := l.next()
		if c == nil {
			if l.goOn() {
				continue
			}
			break
		}
		co.call = c
		if l.unusual {
			l.runUnusual(c)
		} else {
			c.Run()
		}
	}
	co.call = nil
}

// runUnusual is for loops that are traced or being stopped.
func (l *Loop) runUnusual(c Call) {
	_, resumed := c.(*coroutine)
	switch {
	case resumed && l.unwinding: // it has been resumed already
	case resumed:
		c.Run()
	case l.unwinding && l.stage == stageResumes:
		if _, note := c.(funcCall); !note { // of the loop to itself
			l.drop(c) // the rest of a call that has run
		}
	case l.unwinding:
		l.counts.undone.Inc()
		l.drop(c)
	default:
		// A region of the execution trace, under the loop's name.
		defer trace.StartRegion(context.Background(), l.name).End()
		c.Run()
	}
}

// caught is deferred around calls: it ends the one that panicked or called runtime.Goexit.
func (co *coroutine) caught() {
	c := co.call
	if c == nil {
		return
	}
	co.call = nil
	v := recover()
	if _, resumed := c.(*coroutine); !resumed || v != errEnded {
		co.loop.fail(c, Recovered(v))
	}
}

// ended is deferred around the life of a coroutine. One that dies of runtime.Goexit turns it into a
// panic that switchTo knows.
func (co *coroutine) ended() {
	coroutines.Delete(goroutineID())
	co.resume = nil
	if co.over {
		return
	}
	if v := recover(); v != nil {
		panic(v)
	}
	panic(errEnded)
}

// fail ends a call with err and logs it where nobody is told.
func (l *Loop) fail(c Call, err error) {
	if c.Abort(err) {
		return
	}
	l.counts.panics.Inc()
	event := l.log.Error().Err(err).Str("loop", l.name)
	if p, ok := errors.AsType[*PanicError](err); ok {
		event = event.Bytes("stack", p.Stack)
	}
	event.Msg("a posted function failed")
}
