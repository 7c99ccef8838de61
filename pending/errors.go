package pending

import (
	"errors"

	"github.com/pinion-go/pinion/loop"
)

var (
	// ErrNotDone is returned by Result and Err before there is an outcome.
	ErrNotDone = errors.New("pending: not done")
	// ErrDeadlock is returned by a wait of a call for its own Pending.
	ErrDeadlock = errors.New("pending: a call cannot wait for its own result")
	// ErrCancelled is what errors.Is finds in the outcome of a cancelled Pending.
	ErrCancelled = loop.ErrCancelled
	// ErrGoexit is the outcome of a function that called runtime.Goexit.
	ErrGoexit = loop.ErrGoexit
)

type (
	// CancelledError is the outcome of a cancelled Pending.
	CancelledError = loop.CancelledError
	// PanicError is the outcome of a function that panicked.
	PanicError = loop.PanicError
	// None is the result of what has none.
	None = struct{}
)
