package pending

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/loop"
)

// task is the call that is to produce a Pending's result: what the loop runs, and the context of the
// function. It costs no allocation of its own and makes no channel unless somebody asks for one.
//
// The context ends when the call is cancelled, when the context it was started under ends, and when the
// loop stops while the call is not over. It does not end when the function returns, so that a call can
// start others under its own context and leave.
type task struct {
	p    *core
	home *loop.Loop // runs it; with apart, the one that the context belongs to unless place has another
	work work
	pc   uintptr // the function's

	// parent is the context that the call was started under. If that was the context of another call,
	// it is that call's parent and ancestor is that call: calls that start their successor do not
	// become a chain that nobody can collect.
	parent   context.Context
	ancestor atomic.Pointer[task]

	place  atomic.Pointer[Place]        // with apart: of a call whose loop is chosen later; written under p.mu
	timer  atomic.Pointer[loop.Timer]   // of a delayed call
	self   atomic.Uintptr               // loop.GoroutineID of a call on a goroutine, once it runs
	inner  atomic.Pointer[innerContext] // made when a channel or an AfterFunc is asked for
	unlink []func() bool                // undo link

	mu sync.Mutex // guards unlink, linked and relieved

	watcher  atomic.Pointer[loop.Parker] // of the call itself, while it waits under this context
	state    atomic.Uint32
	ended    atomic.Uint32 // how the context has ended, if it has
	linked   bool
	relieved bool // linked by Relieve: somebody else sees to it
	pieces   bool // made by Open: others do the work
	apart    bool // made with Prepare or Go
}

const (
	taskQueued uint32 = iota
	taskRunning
	taskOver
)

// work is the typed part of a task.
type work interface {
	execute(t *task) (waited bool) // runs the function and finishes the Pending
	release()                      // drops the function
}

// scheduled is a Pending together with its task, in one allocation.
type scheduled[T any] struct {
	task task
	Pending[T]
	fn func(context.Context) (T, error)
}

func (s *scheduled[T]) execute(t *task) (waited bool) {
	return s.complete(s.fn(t))
}

//go:noinline
func (s *scheduled[T]) complete(v T, err error) (waited bool) {
	if err != nil {
		return s.task.fail(err)
	}
	_ = s.task.Err() // keeps an end that has come by now
	s.task.over()
	_, waited = s.finish(func() { s.value = v }, nil)
	return waited
}

func (s *scheduled[T]) release() { s.fn = nil }

func newScheduled[T any](ctx context.Context, home *loop.Loop, place *Place, apart bool, fn func(context.Context) (T, error), opts []Option) *scheduled[T] {
	if ctx == nil {
		ctx = context.Background()
	}
	s := &scheduled[T]{fn: fn}
	t := &s.task
	t.p, t.home, t.apart, t.work, t.pc, t.parent = &s.core, home, apart, s, funcPC(fn), ctx
	if place != nil {
		t.place.Store(place)
	}
	if a, ok := ctx.(*task); ok {
		t.parent = a.parent
		t.ancestor.Store(a)
		if home == nil {
			t.home = a.belongs()
		}
	}
	s.init(t, &s.Pending, opts)
	s.scheduled = t
	s.track(ctx)
	return s
}

// Submit has fn called on l's thread and returns its result to come; it does not wait and may be
// called from anywhere. With a positive d fn is called once d has passed, never earlier. It is the way
// in for packages that have a loop and no caller; see caller.CallSoon for what it promises. When l does
// not accept the call the Pending is done on return.
func Submit[T any](ctx context.Context, l *loop.Loop, d time.Duration, fn func(context.Context) (T, error), opts ...Option) *Pending[T] {
	s := newScheduled(ctx, l, nil, false, fn, opts)
	t := &s.task
	var err error
	switch {
	case fn == nil:
		err = loop.ErrNilFunc
	case t.state.Load() != taskQueued: // a tracker has cancelled it
	case d > 0:
		err = t.delay(l, d, t)
	default:
		err = l.Submit(t)
	}
	if err != nil {
		t.Abort(err)
	}
	return &s.Pending
}

// delay has call, which stands for t, run on l once d has passed.
func (t *task) delay(l *loop.Loop, d time.Duration, call loop.Call) error {
	timer, err := l.SubmitDelayed(d, call)
	if err != nil {
		return err
	}
	t.timer.Store(timer)
	if t.state.Load() == taskOver {
		timer.Stop()
	}
	t.link()
	return nil
}

// Go has fn called on a goroutine of its own and returns its result to come. It may be called from
// anywhere. fn's context ends when ctx does and when the Pending is cancelled; a panic in fn, or its
// calling runtime.Goexit, becomes the outcome.
func Go[T any](ctx context.Context, fn func(context.Context) (T, error)) *Pending[T] {
	p, r := Prepare(ctx, nil, nil, fn)
	if fn != nil {
		go (*task)(r).runGuarded()
	}
	return p
}

func (t *task) runGuarded() {
	t.self.Store(loop.GoroutineID())
	defer func() {
		if t.state.Load() == taskRunning {
			t.Abort(loop.Recovered(recover()))
		}
	}()
	t.Run()
}

// Run calls the function, unless that has been cancelled in the queue.
func (t *task) Run() {
	if !t.state.CompareAndSwap(taskQueued, taskRunning) {
		return
	}
	var waited bool
	if err := t.Err(); err != nil {
		waited = t.fail(t.reason(err))
	} else {
		waited = t.work.execute(t)
	}
	if waited {
		t.p.serve()
	}
}

// Abort ends the call with an error that is not its function's.
func (t *task) Abort(err error) (told bool) {
	if !t.state.CompareAndSwap(taskQueued, taskOver) && !t.state.CompareAndSwap(taskRunning, taskOver) {
		return true
	}
	t.over()
	if err == loop.ErrStopped {
		if t.p.endCancelled(err) {
			t.p.serve()
		}
		return true
	}
	return t.p.SetError(err)
}

// fail ends the call with its function's error. One that comes of the end of the context counts as
// cancellation, and is told with the reason for that end.
func (t *task) fail(err error) (waited bool) {
	ended := t.Err()
	if t.ended.Load() == endedItself && err == context.Canceled && !t.stopping() {
		t.over()
		return t.p.endCancelled(nil) // Cancel has said all there is to say
	}
	reason := t.reason(ended)
	stopped := t.stopping() && errors.Is(err, loop.ErrStopped)
	t.over()
	switch {
	case !stopped && (ended == nil || !errors.Is(err, ended) && !errors.Is(err, context.Canceled) && !errors.Is(err, reason)):
		_, waited = t.p.finish(nil, err)
		return waited
	case errors.Is(err, reason):
		return t.p.endCancelled(err)
	default:
		return t.p.endCancelled(reason)
	}
}

// over releases what a call needs that has not ended.
func (t *task) over() {
	t.state.Store(taskOver)
	t.work.release()
	t.mu.Lock()
	unlink := t.unlink
	t.unlink, t.linked = nil, true
	t.mu.Unlock()
	for _, undo := range unlink {
		undo()
	}
}

// withdraw takes the call out of the queue and reports whether it did. p.mu is held.
func (t *task) withdraw() bool {
	if !t.state.CompareAndSwap(taskQueued, taskOver) {
		return false
	}
	if timer := t.timer.Load(); timer != nil {
		timer.Stop()
	}
	t.over()
	return true
}

// interrupt ends the context of a running call, unless it has ended with one above.
func (t *task) interrupt() {
	if t.Err() == nil {
		t.end(endedItself)
	}
}

func (t *task) wake() {
	if parker := t.watcher.Load(); parker != nil {
		parker.Unpark()
	}
}

// contextEnded is called when the context that the call was started under has ended.
func (t *task) contextEnded() {
	if t.state.Load() == taskQueued {
		t.p.cancelQueued(t.reason(context.Canceled))
	}
	_ = t.Err()
}

// link makes the end of the contexts above reach the call without its help. It is done when somebody
// may notice the difference: a call that nobody watches finds out when its turn comes.
func (t *task) link() {
	if t.parent.Done() != nil || t.ancestor.Load() != nil {
		t.linkAbove()
	}
}

//go:noinline
func (t *task) linkAbove() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.linked {
		return
	}
	t.linked = true
	if t.parent.Done() != nil {
		t.unlink = append(t.unlink, context.AfterFunc(t.parent, t.contextEnded))
	}
	for a := t.above(); a != nil; a = a.above() {
		t.unlink = append(t.unlink, context.AfterFunc(a, t.contextEnded))
	}
}

func (t *task) funcName() string {
	if f := runtime.FuncForPC(t.pc); f != nil {
		return f.Name()
	}
	return "nil"
}
