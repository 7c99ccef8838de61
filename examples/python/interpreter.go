package main

// #cgo pkg-config: python-3.11-embed
// #include "python.h"
import "C"

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

var (
	// ErrStarted is returned by Start the second time in a process, also after the first has ended.
	ErrStarted = errors.New("python: it starts only once in a process; make other interpreters with Sub, before the first is closed")
	// ErrClosed is the error of calls that come when the interpreter has ended.
	ErrClosed = fmt.Errorf("python: the interpreter is closed: %w", loop.ErrStopped)
	// ErrThreads is returned by Close when a sub-interpreter has threads that do not end. It stays until the
	// process ends, and so does the main interpreter.
	ErrThreads = errors.New("python: daemon threads of a sub-interpreter are running, it cannot be ended")
	// ErrFlush is returned by Close when Python's output has not been written in full.
	ErrFlush = errors.New("python: output is lost")
)

var begun atomic.Bool

// Interpreter is a Python interpreter on a caller of its own. Python sees one thread, whichever goroutine
// calls. Its methods may be called from anywhere.
type Interpreter struct {
	c    *caller.Caller
	task *caller.StartStopTask[pending.None]
	main *Interpreter // itself, for the main interpreter
	kept atomic.Bool  // of the main interpreter: a sub-interpreter could not be ended

	interp *C.PyInterpreterState
	thread C.pthread_t

	// These are for calls on c. There is no state once the interpreter has ended.
	state   *C.PyThreadState
	globals *C.PyObject // of __main__
}

// Start starts Python, with sys.argv, and waits until the main interpreter is ready. It is closed when ctx ends.
// Errors: ErrStarted, what Python says of its configuration, and those of caller.New.
func Start(ctx context.Context, argv ...string) (*Interpreter, error) {
	in := new(Interpreter)
	in.main = in
	return in.launch(ctx, "python", nil, func() (*C.PyThreadState, error) { return start(argv) })
}

// Sub makes a sub-interpreter, which has modules of its own, and waits until it is ready. It is closed when ctx
// ends, and before the main interpreter is. Errors: those of caller.New, loop.ErrStopped among them when the
// main interpreter is closed.
func (in *Interpreter) Sub(ctx context.Context, name string) (*Interpreter, error) {
	main := in.main
	sub := &Interpreter{main: main}
	return sub.launch(ctx, name, main.c, func() (*C.PyThreadState, error) {
		if state := C.py_sub(main.interp); state != nil {
			return state, nil
		}
		return nil, errors.New("python: there is no making another interpreter")
	})
}

// launch makes the caller and begins the interpreter there. It ends as a task of the caller's, so that this
// happens on the caller's thread whatever stops the caller.
func (in *Interpreter) launch(ctx context.Context, name string, parent *caller.Caller, begin func() (*C.PyThreadState, error)) (*Interpreter, error) {
	// Python may hold its thread as long as it likes.
	c, err := caller.New(ctx, caller.WithName(name), caller.WithParent(parent), caller.WithSlowCall(0))
	if err != nil {
		return nil, err
	}
	in.c = c
	in.task = caller.StartStop(c, func(ctx context.Context, started func(), stop *pending.Pending[pending.None]) (pending.None, error) {
		state, err := begin()
		if err != nil {
			return pending.None{}, err
		}
		in.begin(state)
		started()
		_ = stop.WaitDone(ctx) // the loop stops if it fails, and that is an end as well
		in.closeSubs(ctx)
		return pending.None{}, in.end()
	})
	if err = in.task.Start(); err == nil {
		_, err = in.task.Started().Wait(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return in, nil
}

// Close ends the interpreter, the main one after the others, and waits until its caller has stopped. A call that
// is running has a second before it is interrupted. In one of the interpreter's own calls Close does not wait.
// Errors: ErrThreads, ErrFlush.
func (in *Interpreter) Close() error {
	err := in.c.Close()
	if ended := in.task.Stopped().Err(); !errors.Is(ended, pending.ErrNotDone) {
		err = errors.Join(err, ended)
	}
	return err
}

// closeSubs is for the main interpreter, whose caller has those of the others as children. When ctx ends first,
// its loop has stopped, and so have they.
func (in *Interpreter) closeSubs(ctx context.Context) {
	children := in.c.Children()
	for _, sub := range children {
		sub.Stop(true)
	}
	for _, sub := range children {
		_ = sub.WaitStopped(ctx)
	}
}
