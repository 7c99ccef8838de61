package main

// #include "python.h"
import "C"

import (
	"context"
	"fmt"
	"unsafe"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/pending"
)

// What is in this file runs on the interpreter's thread.

// start starts Python.
func start(argv []string) (*C.PyThreadState, error) {
	if !begun.CompareAndSwap(false, true) {
		return nil, ErrStarted
	}
	args := make([]*C.char, len(argv)+1)
	for i, arg := range argv {
		args[i] = C.CString(arg)
		defer C.free(unsafe.Pointer(args[i]))
	}
	var why *C.char
	state := C.py_start(C.int(len(argv)), unsafe.SliceData(args), &why)
	if state == nil {
		return nil, fmt.Errorf("python: it does not start: %s", C.GoString(why))
	}
	return state, nil
}

// begin makes the interpreter ready for calls.
func (in *Interpreter) begin(state *C.PyThreadState) {
	in.state = state
	in.interp = C.PyThreadState_GetInterpreter(state)
	in.thread = C.pthread_self()
	C.PyEval_RestoreThread(state)
	name := C.CString("__main__")
	defer C.free(unsafe.Pointer(name))
	in.globals = C.PyModule_GetDict(C.PyImport_AddModule(name))
	C.Py_IncRef(in.globals)
	C.PyEval_SaveThread()
}

// end ends the interpreter.
func (in *Interpreter) end() error {
	state := in.state
	if in.main == in && in.kept.Load() {
		in.state = nil
		return ErrThreads
	}
	C.PyEval_RestoreThread(state)
	C.Py_DecRef(in.globals)
	in.state, in.globals = nil, nil
	if in.main == in {
		if C.py_finish() != 0 {
			return ErrFlush
		}
	} else if C.py_end_sub(in.main.interp) != 0 {
		in.main.kept.Store(true)
		return ErrThreads
	}
	return nil
}

// schedule has fn called on in's thread, with Python's lock held. When the call is cancelled, Python code that
// runs in it is interrupted with KeyboardInterrupt.
func schedule[T any](ctx context.Context, in *Interpreter, fn func() (T, error)) *pending.Pending[T] {
	return caller.CallSoon(ctx, in.c, func(ctx context.Context) (v T, err error) {
		if err := ctx.Err(); err != nil {
			return v, err
		}
		if in.state == nil {
			return v, ErrClosed
		}
		over := in.interruptible(ctx)
		defer over()
		C.PyEval_RestoreThread(in.state)
		defer C.PyEval_SaveThread()
		v, err = fn()
		return v, interrupted(ctx, err)
	})
}
