package loop

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

var (
	// ErrStopped is the error of everything that a stopped loop, or one told to stop, is asked for,
	// and of the waits that it interrupts.
	ErrStopped = errors.New("loop: stopped")
	// ErrCannotSuspend is returned by a wait inside a function that C code has called back, or that
	// a host's native event handler has called: the C frames below cannot be set aside. Hand the
	// waiting part over with Post (or a caller's CallSoon) and return to C first.
	ErrCannotSuspend = errors.New("loop: cannot suspend inside a C-to-Go callback or a native event handler; hand the waiting part over with Post and return first")
	// ErrMailboxFull is returned when WithMailboxLimit calls are queued already.
	ErrMailboxFull = errors.New("loop: mailbox full")
	// ErrNilFunc is returned when there is no function to run.
	ErrNilFunc = errors.New("loop: nil function")
	// ErrInUse is returned by Run, and by the drivers of a manual loop, when the loop runs already
	// somewhere else or when the goroutine runs another loop.
	ErrInUse = errors.New("loop: in use")
	// ErrGoexit is the error of a call whose function ended its goroutine with runtime.Goexit, as
	// t.FailNow does.
	ErrGoexit = errors.New("loop: the function called runtime.Goexit (t.FailNow, t.SkipNow) on a loop's thread")
	// ErrCancelled is what errors.Is finds in every CancelledError.
	ErrCancelled = errors.New("loop: cancelled")
)

// CancelledError is the outcome of what has been cancelled. errors.Is finds ErrCancelled and
// context.Canceled in it, and what its Cause holds.
type CancelledError struct {
	Message string // what was said when cancelling, several messages in order, separated by "; "
	Cause   error  // what led to it, where that is an error: ErrStopped, context.DeadlineExceeded, …
}

func (e *CancelledError) Error() string {
	s := "cancelled"
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Is reports whether target is ErrCancelled or context.Canceled.
func (e *CancelledError) Is(target error) bool {
	return target == ErrCancelled || target == context.Canceled
}

func (e *CancelledError) Unwrap() error { return e.Cause }

// PanicError is the outcome of a function that panicked.
type PanicError struct {
	Value any    // the panic's value
	Stack []byte // the stack at the panic, as debug.Stack prints it
}

// Error prints the value; the stack is left to those who want it.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Recovered makes the error of a function that has not returned from what recover said in a deferred
// function: a *PanicError, or ErrGoexit for nil.
func Recovered(v any) error {
	if v == nil {
		return ErrGoexit
	}
	return &PanicError{Value: v, Stack: debug.Stack()}
}

// Unwrap returns the panic's value when it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
