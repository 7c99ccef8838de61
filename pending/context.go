package pending

import (
	"context"
	"errors"
	"reflect"
	"runtime"
	"time"

	"github.com/pinion-go/pinion/loop"
)

// innerContext is what a task's context hands out once somebody wants a channel: a context of the
// standard library that ends with the task's.
type innerContext struct {
	context.Context
	cancel context.CancelCauseFunc
}

type (
	currentKey struct{}
	taskKey    struct{}
)

// Current returns the Pending of the call that ctx belongs to, or nil.
func Current(ctx context.Context) Handle {
	h, _ := ctx.Value(currentKey{}).(Handle)
	return h
}

// Detached returns a context with the values of ctx and without its end. If ctx is the context of a call, the call
// and its result are not kept.
func Detached(ctx context.Context) context.Context {
	if t, ok := ctx.(*task); ok {
		ctx = t.parent
	}
	return context.WithoutCancel(ctx)
}

// Value finds the call's loop and Pending, and what is in the context that it was started under.
func (t *task) Value(key any) any {
	switch key {
	case loop.ContextKey{}:
		if l := t.belongs(); l != nil {
			return l
		}
	case currentKey{}:
		return t.p.self
	case taskKey{}:
		return t
	}
	if inner := t.inner.Load(); inner != nil {
		if v := inner.Value(key); v != nil { // the context package looks for its own kind, to find the cause
			return v
		}
	}
	return t.parent.Value(key)
}

func (t *task) Deadline() (time.Time, bool) { return t.parent.Deadline() }

// Err looks upwards for an end; the first that is seen is kept, so that the context ends once, for
// everybody, whatever becomes of the call.
func (t *task) Err() error {
	switch t.ended.Load() {
	case endedCanceled, endedStopped, endedItself:
		return context.Canceled
	case endedDeadline:
		return context.DeadlineExceeded
	}
	err := t.look()
	switch {
	case err == nil:
	case errors.Is(err, context.DeadlineExceeded):
		t.end(endedDeadline)
	default:
		t.end(endedCanceled)
	}
	return err
}

const (
	endedCanceled uint32 = 1 + iota
	endedDeadline
	endedStopped // by Halt
	endedItself  // by Cancel, before any context above
)

func (t *task) look() error {
	if a := t.above(); a != nil {
		if err := a.Err(); err != nil {
			return err
		}
	}
	if err := t.parent.Err(); err != nil {
		return err
	}
	if t.stopping() && t.state.Load() != taskOver {
		return context.Canceled
	}
	if inner := t.inner.Load(); inner != nil {
		return inner.Err()
	}
	return nil
}

// above returns the nearest call above whose context can still end by itself. One that is over and was not
// cancelled can only end from further above, so it is passed over for good: a call that starts its successor
// does not keep all its predecessors.
func (t *task) above() *task {
	for {
		a := t.ancestor.Load()
		if a == nil || a.state.Load() != taskOver || a.ended.Load() != 0 || !a.p.IsDone() || a.p.Cancelled() {
			return a
		}
		t.ancestor.CompareAndSwap(a, a.ancestor.Load())
	}
}

// end ends the context.
func (t *task) end(how uint32) {
	if !t.ended.CompareAndSwap(0, how) {
		return
	}
	if inner := t.inner.Load(); inner != nil {
		inner.cancel(t.reason(t.Err()))
	}
	t.wake()
}

// reason is why the context has ended: the cause given for a context above, the loop's stop, or err.
func (t *task) reason(err error) error {
	if t.ended.Load() == endedItself && !t.stopping() {
		return err
	}
	a := t.above()
	switch {
	case t.parent.Err() != nil:
		return context.Cause(t.parent)
	case a != nil && a.Err() != nil:
		return a.reason(err)
	case t.stopping():
		return loop.ErrStopped
	}
	return err
}

func (t *task) Done() <-chan struct{} { return t.channelled().Done() }

// AfterFunc spares contexts made from this one a goroutine each; see context.AfterFunc.
func (t *task) AfterFunc(f func()) (stop func() bool) { return context.AfterFunc(t.channelled(), f) }

// channelled returns the inner context, made on first use. The registrations that end it must not keep
// the task alive, and are taken back when nobody holds the task any more: the context is good for as
// long as somebody has it, not just until the function returns.
func (t *task) channelled() *innerContext {
	if inner := t.inner.Load(); inner != nil {
		return inner
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if inner := t.inner.Load(); inner != nil {
		return inner
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	inner := &innerContext{ctx, cancel}
	var links []func() bool
	follow := func(from context.Context) func() bool {
		return context.AfterFunc(from, func() { cancel(context.Cause(from)) })
	}
	if t.parent.Done() != nil {
		links = append(links, follow(t.parent))
	}
	for a := t.above(); a != nil; a = a.above() {
		links = append(links, follow(a.channelled()))
	}
	if len(links) > 0 {
		runtime.AddCleanup(t, undo, links)
	}
	t.inner.Store(inner)
	t.followLoopLocked()
	if err := t.Err(); err != nil {
		cancel(t.reason(err))
	}
	return inner
}

// followLoopLocked has the inner context, if there is one, end when the loop is told to stop, if there is one and
// the call is not over by then. Whichever of them comes later calls it, under mu.
func (t *task) followLoopLocked() {
	l, inner := t.loop(), t.inner.Load()
	if l == nil || inner == nil || t.state.Load() == taskOver {
		return
	}
	t.unlink = append(t.unlink, context.AfterFunc(l.Life(), func() {
		if t.loop() == l { // it did not refuse the call
			inner.cancel(loop.ErrStopped)
		}
	}))
}

func undo(links []func() bool) {
	for _, stop := range links {
		stop()
	}
}

// Watch lets the call's own wait end with the context, without a channel.
func (t *task) Watch(p *loop.Parker) {
	t.watcher.Store(p)
	if p != nil {
		t.link()
	}
}

// same reports whether a and b are the same. What cannot be compared is the same as nothing: asking reflect first
// would allocate.
func same(a, b any) (equal bool) {
	defer func() { _ = recover() }()
	return a == b
}

// funcPC returns where fn begins, and 0 for what is no function.
func funcPC(fn any) uintptr {
	if v := reflect.ValueOf(fn); v.Kind() == reflect.Func {
		return v.Pointer()
	}
	return 0
}
