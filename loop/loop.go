package loop

import (
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/queue"
)

// Loop runs functions on one OS thread, in the order in which they arrive, and lets each of them
// wait without holding the thread up. It is driven by Run, or, as a manual loop, by RunPending.
// Its methods may be called from any goroutine unless they say otherwise.
type Loop struct {
	name     string
	log      zerolog.Logger
	owner    any
	host     Host
	guestRun func(func())
	onStart  func()
	onStop   func(error)
	limit    int
	driver   driver
	key      string          // tells the loop apart in profiles
	labels   context.Context // profile labels of the coroutines

	mailbox *queue.Mailbox[Call]
	timers  timers
	base    time.Time // loop time counts from here
	pace    pace
	watch   watchdog
	counts  callCounts
	waiters sync.Pool // of *doCall

	mu         sync.Mutex
	state      state
	refusing   atomic.Bool
	stopping   atomic.Bool
	life       context.Context // ends when the loop is told to stop
	endLife    context.CancelCauseFunc
	done       chan struct{}
	runs       atomic.Bool // driven by Run
	ownsThread bool
	root       uintptr // goroutineID of the driving goroutine, once bound
	rootSelf   coroutine
	tid        atomicInt64
	callers    [64]uintptr // for walking stacks, on the loop's thread
	cgoCalls   int64       // loudCalls when a guest was driven last
	depth      int         // how many callbacks from C it was below then

	core
}

type state int

const (
	created state = iota
	bound         // to the goroutine that drives it
	stopped
)

var keys atomic.Uint64

// New makes a loop. It accepts work at once and runs it when it is driven.
func New(opts ...Option) *Loop {
	l := &Loop{
		log:  DefaultLogger(),
		base: time.Now(),
		done: make(chan struct{}),
		core: core{share: 1},
	}
	l.pace.limit = 50 * time.Microsecond
	l.watch.limit = 100 * time.Millisecond
	for _, o := range opts {
		if o != nil {
			o.apply(l)
		}
	}
	l.mailbox = queue.NewMailbox[Call](l.limit)
	l.timers.publish()
	l.key = strconv.FormatUint(keys.Inc(), 10)
	l.life, l.endLife = context.WithCancelCause(context.Background())
	l.labels = pprof.WithLabels(context.Background(), pprof.Labels("caller", l.name, "loop", l.key))
	l.waiters.New = func() any { return newDoCall(l) }
	l.watch.loop = l
	l.driver = newDriver(l)
	return l
}

// Name returns the loop's name.
func (l *Loop) Name() string { return l.name }

// Owner returns what WithOwner set.
func (l *Loop) Owner() any { return l.owner }

// Logger returns where the loop's warnings and errors go.
func (l *Loop) Logger() *zerolog.Logger { return &l.log }

// Done is closed when the loop has stopped and nothing of it runs any more.
func (l *Loop) Done() <-chan struct{} { return l.done }

// ThreadID returns the operating system's number for the loop's thread, 0 while it has none. On
// js/wasm, where there is one thread, it is a number of the loop's own.
func (l *Loop) ThreadID() int { return int(l.tid.Load()) }

// OnThread reports whether the goroutine that asks runs on the loop's thread.
func (l *Loop) OnThread() bool {
	return here().on(l)
}

// ContextKey is the key under which the context of a call has its *Loop.
type ContextKey struct{}

// Current returns the loop that ctx belongs to; failing that, the loop on whose thread it is called;
// failing that, nil.
func Current(ctx context.Context) *Loop {
	if l, ok := ctx.Value(ContextKey{}).(*Loop); ok {
		return l
	}
	if co := here(); co != nil {
		return co.loop
	}
	return nil
}

// now is the time that has passed since the loop was made, in nanoseconds.
func (l *Loop) now() int64 { return int64(time.Since(l.base)) }

// refusal translates the mailbox's errors.
func (l *Loop) refusal(err error) error {
	if errors.Is(err, queue.ErrFull) {
		return fmt.Errorf("%w: %d calls queued on loop %q; wait for some of them, or raise WithMailboxLimit", ErrMailboxFull, l.limit, l.name)
	}
	return ErrStopped
}

// bind makes the calling goroutine the one that drives the loop, and pins it to its thread.
func (l *Loop) bind() error {
	other := here()
	switch {
	case other == nil || other.loop == l:
		other = nil
	case other.inCall() && (l.guestRun == nil || other.loop.guestRun != nil):
		return errInCall
	case !other.drivesGuests() || l.guestRun == nil:
		return fmt.Errorf("%w: this goroutine drives loop %q already; use another goroutine", ErrInUse, other.loop.name)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch l.state {
	case stopped:
		return ErrStopped
	case bound:
		return fmt.Errorf("%w: loop %q is driven by another goroutine", ErrInUse, l.name)
	}
	if other == nil {
		pin() // once: coroutines can be switched to only under as many locks as they were made under
	}
	l.state, l.root = bound, goroutineID()
	l.rootSelf.loop, l.rootSelf.also = l, other
	coroutines.Store(l.root, &l.rootSelf)
	l.tid.Store(int64(OSThreadID()))
	return nil
}

// Stop tells the loop to stop and returns at once; Done tells when it has. Post and Do are refused
// from now on. The running function runs to its end, suspended ones are resumed with their waits
// failing (ErrStopped), the last to start first, so that their deferred functions run on their own thread, and
// what is queued is dropped: Do returns ErrStopped, Stats counts the rest. A loop that nobody drives yet is stopped
// at once; a manual one stops in its next RunPending.
func (l *Loop) Stop() { l.end(nil) }

// end is Stop of a loop that can not go on because of err.
func (l *Loop) end(err error) {
	l.Refuse() // first: the driver, once it sees that it has to stop, takes what there is for the last time
	if !l.stopping.CompareAndSwap(false, true) {
		return
	}
	l.endLife(ErrStopped)
	l.mu.Lock()
	never := l.state == created
	if never {
		l.state = stopped
	}
	l.mu.Unlock()
	if never {
		defer l.finish(err)
		l.dropAll(l.leftovers())
	} else {
		l.Wake()
	}
}

// dropAll drops calls, also when one of those who are told calls runtime.Goexit.
func (l *Loop) dropAll(calls []Call) {
	for i, c := range calls {
		over := false
		func() {
			defer func() {
				if !over {
					l.dropAll(calls[i+1:])
				}
			}()
			l.drop(c)
			over = true
		}()
	}
}

// Refuse makes the loop refuse further work as if it had stopped, while it goes on with what it has
// accepted. Any goroutine may call it.
func (l *Loop) Refuse() {
	l.refusing.Store(true)
	l.mailbox.Close()
}

// Stopping reports whether the loop has been told to stop.
func (l *Loop) Stopping() bool { return l.stopping.Load() }

// Life returns a context that ends, with the cause ErrStopped, when the loop is told to stop.
func (l *Loop) Life() context.Context { return l.life }

// finish is the very last that a loop does.
func (l *Loop) finish(err error) {
	defer close(l.done)
	if l.onStop != nil {
		l.onStop(err)
	}
}

// drop ends a call that a stopping loop does not run.
func (l *Loop) drop(c Call) {
	l.counts.dropped.Inc()
	c.Abort(ErrStopped)
}

// leftovers takes everything that has been accepted and not started.
func (l *Loop) leftovers() []Call {
	calls := append([]Call(nil), l.batch[l.pos:]...)
	more := l.mailbox.Take(nil)
	l.batch, l.pos = nil, 0
	return append(append(calls, more...), l.timers.close()...)
}

// release ends a driven loop: on its thread, by the goroutine that drives it.
func (l *Loop) release() {
	l.unwinding = true
	l.unwind()
	for l.resumePos < len(l.resumes) || l.mailbox.Pressing() {
		l.turn(l.now(), never)
	}
	// Nothing is suspended and nothing can be any more; what is left is dropped on a coroutine, like
	// any call, so that a callback's panic or Goexit stays there.
	l.batch, l.pos = l.leftovers(), 0
	for l.pos < len(l.batch) {
		l.turn(l.now(), never)
	}
	if l.hub != nil {
		l.idle = append(l.idle, l.hub)
		l.hub = nil
	}
	for _, co := range l.idle {
		co.end()
	}
	l.idle = nil
	l.publishIdle()
	l.watch.stop()
	l.driver.forget()
	last := l.unbind()
	if l.runs.Load() {
		l.leaveThread()
	}
	l.tid.Store(0)
	l.mu.Lock()
	l.state = stopped
	l.mu.Unlock()
	if last && !l.ownsThread {
		unpin()
	}
}

// unbind takes the loop from the goroutine that drives it, and reports whether that drives no other.
func (l *Loop) unbind() (last bool) {
	first, _ := coroutines.Load(l.root)
	switch {
	case first != &l.rootSelf:
		for first.also != &l.rootSelf {
			first = first.also
		}
		first.also = l.rootSelf.also
		return false
	case l.rootSelf.also != nil:
		coroutines.Store(l.root, l.rootSelf.also)
		return false
	}
	coroutines.Delete(l.root)
	return true
}
