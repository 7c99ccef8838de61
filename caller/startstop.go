package caller

import (
	"context"
	"fmt"
	"path"
	"reflect"
	"runtime"
	"slices"
	"time"

	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// stopGrace is how long a StartStopTask that has been asked to stop may take before it is cancelled.
const stopGrace = time.Second

// StartStopTask is a call that goes on until it is asked to stop: a server, a watcher, a device that is kept
// open. Make one with StartStop. Its methods may be called from anywhere; only Run waits.
type StartStopTask[T any] struct {
	caller  *Caller
	invalid error
	call    *pending.Prepared
	phase   atomic.Uint32
	entered atomic.Bool // by Run
	stopped *pending.Pending[T]
	startStop
}

// startStop is a StartStopTask without the type of its value.
type startStop struct {
	started, stop *pending.Pending[pending.None]
	end           pending.Handle // stopped
}

const (
	taskFresh uint32 = iota
	taskStarted
	taskStoppedEarly
)

const stoppedEarly = "stopped before it was started"

// StartStop makes a task that runs fn as a call on c once Start is called. fn calls started when it is ready
// and returns soon after stop is done, which it may wait for or look at; what it returns is the task's
// outcome.
//
// The task is also asked to stop when c is told to stop. c goes on running what it has accepted, fn with its
// waits and its clean-up included, until its tasks have ended, or for a second at most: then it stops, and
// with it the context of a function that has not returned.
//
// When c is nil or fn is, the task has ended with ErrNoCaller or loop.ErrNilFunc from the beginning.
func StartStop[T any](c *Caller, fn func(ctx context.Context, started func(), stop *pending.Pending[pending.None]) (T, error)) *StartStopTask[T] {
	background, protected := context.Background(), pending.WithProtection()
	t := &StartStopTask[T]{caller: c}
	t.started = pending.New[pending.None](background, protected)
	t.stop = pending.New[pending.None](background, protected)
	switch {
	case c == nil:
		t.invalid = ErrNoCaller
	case fn == nil:
		t.invalid = loop.ErrNilFunc
	}
	if t.invalid != nil {
		t.stopped = pending.New[T](background, protected)
		t.stopped.SetError(t.invalid)
	} else {
		started, stop := func() { t.started.SetResult(pending.None{}) }, t.stop
		t.stopped, t.call = pending.Prepare(background, c.loop, nil, func(ctx context.Context) (T, error) {
			return fn(ctx, started, stop)
		}, protected, pending.WithMetadata("task", path.Base(runtime.FuncForPC(reflect.ValueOf(fn).Pointer()).Name())))
	}
	t.end = t.stopped
	t.stopped.AddDoneCallback(t.ended)
	return t
}

// ended ends what somebody may still wait for when the function has ended.
func (s *startStop) ended(p pending.Handle) {
	defer s.stop.SetResult(pending.None{})
	if err := p.Err(); err != nil {
		s.started.SetError(err)
	} else {
		s.started.Cancel("the function returned without calling started")
	}
}

// Start hands the function over to the caller and returns at once. A second Start does nothing. Errors:
// ErrNoCaller and loop.ErrNilFunc; loop.ErrStopped and loop.ErrMailboxFull, when the caller does not accept
// it, which is the task's outcome then; and pending.ErrCancelled, when Stop or Stopped().Cancel was first.
func (t *StartStopTask[T]) Start() error {
	switch {
	case t.invalid != nil:
		return t.invalid
	case t.phase.CompareAndSwap(taskFresh, taskStarted):
		t.caller.enlist(&t.startStop) // first: a caller that stops looks for tasks once it accepts no more
		taken, err := t.call.On(&pending.Place{Loop: t.caller.loop})
		if err != nil {
			t.call.Abort(err)
		} else if !taken { // it has been cancelled
			err = t.stopped.Err()
		}
		return err
	case t.phase.Load() == taskStoppedEarly:
		return &pending.CancelledError{Message: stoppedEarly}
	}
	return nil
}

// Started is done when the function has called started. If it ends without that, its error is Started's, and
// none is a cancellation. A wait for it that is given up leaves the task alone, as with Stopped.
func (t *StartStopTask[T]) Started() *pending.Pending[pending.None] { return t.started }

// Stopped has what the function returns, or why it was not called. Cancelling it cancels the function. Until Start
// or Stop is called, a wait for it, or for Started, just goes on, also when the caller stops.
func (t *StartStopTask[T]) Stopped() *pending.Pending[T] { return t.stopped }

// Stop asks the function to stop and returns Stopped, without waiting for it. Before Start it cancels
// Started and Stopped, and the function is not called any more. It may be called again.
func (t *StartStopTask[T]) Stop() *pending.Pending[T] {
	defer t.stop.SetResult(pending.None{})
	if t.phase.CompareAndSwap(taskFresh, taskStoppedEarly) {
		defer t.stopped.Cancel(stoppedEarly)
		t.started.Cancel(stoppedEarly)
	}
	return t.stopped
}

// Run starts the task if it has not been started, waits until Started is done, calls body, stops the task
// and waits until it has stopped, however body ends. It returns body's error, or else the task's, without
// calling body when the task has failed before it was ready. When ctx ends before the task has stopped, it
// has a second more until it is cancelled; the error is ctx's then. When the loop of a call stops that is in
// Run, that returns loop.ErrStopped at once and the task goes on stopping by itself. A second Run is
// loop.ErrInUse. Run does not Hold the caller: Stop(false) stops it and the task with it, and leaving Run does not.
func (t *StartStopTask[T]) Run(ctx context.Context, body func(ctx context.Context) error) (err error) {
	if body == nil {
		return loop.ErrNilFunc
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !t.entered.CompareAndSwap(false, true) {
		return fmt.Errorf("%w: a StartStopTask runs once; make another", loop.ErrInUse)
	}
	if err := t.Start(); err != nil {
		return err
	}
	defer func() {
		if serr := t.awaitStop(ctx); err == nil {
			err = serr
		}
	}()
	if err = t.started.WaitDone(ctx); err == nil {
		err = t.started.Err()
	}
	if err != nil {
		return err
	}
	return body(ctx)
}

// awaitStop stops the task and waits until it has stopped. It returns the task's error or that of ctx.
func (t *StartStopTask[T]) awaitStop(ctx context.Context) error {
	_, err := t.Stop().Wait(ctx)
	if t.stopped.IsDone() || ctx.Err() == nil {
		return err
	}
	after := context.WithoutCancel(ctx)
	grace, cancel := context.WithTimeout(after, stopGrace)
	defer cancel()
	if t.stopped.WaitDone(grace) != nil && grace.Err() != nil {
		t.stopped.Cancel("it did not stop in time")
		_ = t.stopped.WaitDone(after)
	}
	return err
}

// enlist makes s one of those that c asks to stop, until it has ended.
func (c *Caller) enlist(s *startStop) {
	c.mu.Lock()
	c.tasks = append(c.tasks, s)
	c.mu.Unlock()
	s.end.AddDoneCallback(func(pending.Handle) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.tasks = slices.DeleteFunc(c.tasks, func(o *startStop) bool { return o == s })
	})
}

// stopTasks asks the caller's tasks to stop, the youngest first, and calls then once all have ended or their
// time is over; at once, when there are none or nobody drives the loop.
func (c *Caller) stopTasks(then func()) {
	c.mu.Lock()
	tasks := slices.Clone(c.tasks)
	c.mu.Unlock()
	for _, s := range tasks {
		defer s.stop.SetResult(pending.None{}) // deferred: a callback may call runtime.Goexit
	}
	if len(tasks) == 0 || c.loop.ThreadID() == 0 {
		then()
		return
	}
	grace := time.AfterFunc(stopGrace, func() {
		defer then()
		for _, s := range tasks {
			if !s.end.IsDone() {
				c.loop.Logger().Warn().Str("caller", c.Name()).Str("task", s.end.String()).
					Msgf("the task has been asked to stop and has not returned within %v: it is cancelled", stopGrace)
			}
		}
	})
	left := atomic.NewInt32(int32(len(tasks)))
	for _, s := range tasks {
		s.end.AddDoneCallback(func(pending.Handle) {
			if left.Dec() == 0 && grace.Stop() {
				then()
			}
		})
	}
}
