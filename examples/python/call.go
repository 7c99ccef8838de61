package main

// #include "python.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"unsafe"

	"github.com/pinion-go/pinion/pending"
)

// The calls below are handed over, and their outcome comes later. A call that is cancelled while it runs is
// interrupted with KeyboardInterrupt, which its code may handle. Errors: *PythonError, *ExitError, ErrConversion,
// ErrClosed, and those of caller.CallSoon.

var errNull = errors.New("python: source code cannot contain null bytes")

// Exec runs statements in __main__.
func (in *Interpreter) Exec(ctx context.Context, code string) *pending.Pending[pending.None] {
	return schedule(ctx, in, func() (pending.None, error) {
		return pending.None{}, execute(in.globals, code, "<string>")
	})
}

const place = `
def place(path):
    import os, sys
    global __file__
    __file__ = os.fsdecode(path)
    sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
`

// RunFile runs a script as __main__, which may import what is in its directory.
func (in *Interpreter) RunFile(ctx context.Context, path string) *pending.Pending[pending.None] {
	return schedule(ctx, in, func() (pending.None, error) {
		code, err := os.ReadFile(path)
		if err != nil {
			return pending.None{}, err
		}
		if err := execute(in.globals, place, "<place>"); err != nil {
			return pending.None{}, err
		}
		if _, err := call(in.globals, `globals().pop("place")`, []byte(path)); err != nil {
			return pending.None{}, err
		}
		return pending.None{}, execute(in.globals, string(code), path)
	})
}

// Eval returns the value of an expression in __main__, converted as by Call.
func (in *Interpreter) Eval(ctx context.Context, expression string) *pending.Pending[any] {
	return schedule(ctx, in, func() (any, error) {
		v, err := evaluate(in.globals, expression, "<string>", C.Py_eval_input)
		return converted(v, err)
	})
}

// Call calls the function that an expression in __main__ stands for, mostly its name. Arguments may be nil, bools,
// numbers, strings, []byte, and slices, maps with keys of string and pointers of these; they must not be changed
// before the call is over. The result is nil, a bool, int64, float64, string, []byte, []any or map[string]any.
func (in *Interpreter) Call(ctx context.Context, function string, args ...any) *pending.Pending[any] {
	return schedule(ctx, in, func() (any, error) {
		return call(in.globals, function, args...)
	})
}

func call(globals *C.PyObject, function string, args ...any) (any, error) {
	f, err := evaluate(globals, function, "<string>", C.Py_eval_input)
	if err != nil {
		return nil, err
	}
	defer C.Py_DecRef(f)
	list, err := toPython(reflect.ValueOf(args), 0)
	if err != nil {
		return nil, fmt.Errorf("python: arguments of %s: %w", function, err)
	}
	defer C.Py_DecRef(list)
	tuple, err := checked(C.PySequence_Tuple(list))
	if err != nil {
		return nil, err
	}
	defer C.Py_DecRef(tuple)
	return converted(checked(C.PyObject_CallObject(f, tuple)))
}

// converted takes over a reference.
func converted(o *C.PyObject, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	defer C.Py_DecRef(o)
	v, err := fromPython(o, 0)
	if errors.Is(err, ErrConversion) {
		err = fmt.Errorf("python: result: %w", err)
	}
	return v, err
}

func execute(globals *C.PyObject, code, file string) error {
	none, err := evaluate(globals, code, file, C.Py_file_input)
	if err == nil {
		C.Py_DecRef(none)
	}
	return err
}

// evaluate returns a new reference.
func evaluate(globals *C.PyObject, code, file string, mode C.int) (*C.PyObject, error) {
	if strings.Contains(code, "\x00") {
		return nil, errNull
	}
	source, name := C.CString(code), C.CString(file)
	defer C.free(unsafe.Pointer(source))
	defer C.free(unsafe.Pointer(name))
	compiled, err := checked(C.Py_CompileStringExFlags(source, name, mode, nil, -1))
	if err != nil {
		return nil, err
	}
	defer C.Py_DecRef(compiled)
	return checked(C.PyEval_EvalCode(compiled, globals, globals))
}

// checked is for what C returns NULL for when there is an exception.
func checked(o *C.PyObject) (*C.PyObject, error) {
	if o == nil {
		return nil, exception()
	}
	return o, nil
}
