package queue

import (
	"context"
	"reflect"
	"runtime"

	"go.uber.org/atomic"
)

// Func is a function with an identity, which Go's functions do not have: the calls queued for one Func run one
// after the other. Make it once, with NewFunc, and keep it for as long as calls are to be queued; what has been
// set up for a Func ends when the garbage collector finds that nobody has it any more.
type Func[A any] struct {
	fn func(context.Context, A) error
	id uint64
}

var funcs atomic.Uint64

// NewFunc makes a Func of fn. Each has an identity of its own, also if fn is the same.
func NewFunc[A any](fn func(context.Context, A) error) *Func[A] {
	return &Func[A]{fn: fn, id: funcs.Inc()}
}

// ID returns f's number, which no other Func of the process has.
func (f *Func[A]) ID() uint64 { return f.id }

// Function returns the function: nil when f is nil, was made of nil, or was not made by NewFunc.
func (f *Func[A]) Function() func(context.Context, A) error {
	if f == nil {
		return nil
	}
	return f.fn
}

// Name returns the function's name, for logs.
func (f *Func[A]) Name() string {
	if f.Function() == nil {
		return "nil"
	}
	return runtime.FuncForPC(reflect.ValueOf(f.fn).Pointer()).Name()
}
