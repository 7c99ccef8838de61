package main

// #include "python.h"
import "C"

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unsafe"
)

// PythonError is a Python exception. Of a call that has been cancelled it is the cause, which errors.As finds,
// unless whoever cancelled gave another.
type PythonError struct {
	Type      string
	Message   string
	Traceback string // as Python prints it, the last line included
	cause     error
}

func (e *PythonError) Error() string {
	if e.Message == "" {
		return e.Type
	}
	return e.Type + ": " + e.Message
}

// Unwrap returns why the call was interrupted, if it was.
func (e *PythonError) Unwrap() error { return e.cause }

// ExitError is what sys.exit raises: a code for the process, and what it prints on standard error.
type ExitError struct {
	Code    int
	Message string
	cause   error
}

func (e *ExitError) Error() string {
	if e.Message == "" {
		return "SystemExit: " + strconv.Itoa(e.Code)
	}
	return "SystemExit: " + e.Message
}

// Unwrap returns why the call was interrupted, if it was.
func (e *ExitError) Unwrap() error { return e.cause }

// interrupted adds to an exception that the call's context had ended, so that it counts as a consequence.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	why := errors.Join(ctx.Err(), context.Cause(ctx))
	switch e := err.(type) {
	case *PythonError:
		e.cause = why
	case *ExitError:
		e.cause = why
	}
	return err
}

// exception takes the exception that is set.
func exception() error {
	e := C.py_fetch()
	defer C.Py_DecRef(e)
	if C.PyErr_GivenExceptionMatches(e, C.PyExc_SystemExit) != 0 {
		return exit(e)
	}
	return &PythonError{Type: typeName(e), Message: str(e), Traceback: traceback(e)}
}

func exit(e *C.PyObject) error {
	name := C.CString("code")
	defer C.free(unsafe.Pointer(name))
	code := C.PyObject_GetAttrString(e, name)
	if code == nil {
		C.PyErr_Clear()
		return &ExitError{Code: 1}
	}
	defer C.Py_DecRef(code)
	switch C.py_kind(code) {
	case C.PY_NONE:
		return &ExitError{}
	case C.PY_BOOL, C.PY_INT:
		n := C.PyLong_AsLong(code)
		C.PyErr_Clear() // of a number that is too large, which is -1 then, as in Python
		return &ExitError{Code: int(n)}
	}
	return &ExitError{Code: 1, Message: str(code)}
}

func traceback(e *C.PyObject) string {
	lines := C.py_traceback(e)
	if lines == nil {
		C.PyErr_Clear()
		return ""
	}
	defer C.Py_DecRef(lines)
	var text strings.Builder
	for i := range C.PyList_Size(lines) {
		text.WriteString(str(C.PyList_GetItem(lines, i)))
	}
	return text.String()
}

// str returns str(o), with what is not UTF-8 escaped.
func str(o *C.PyObject) string {
	if text := C.PyObject_Str(o); text != nil {
		defer C.Py_DecRef(text)
		encoding, rule := C.CString("utf-8"), C.CString("backslashreplace")
		defer C.free(unsafe.Pointer(encoding))
		defer C.free(unsafe.Pointer(rule))
		if b := C.PyUnicode_AsEncodedString(text, encoding, rule); b != nil {
			defer C.Py_DecRef(b)
			return bytesOf(b)
		}
	}
	C.PyErr_Clear()
	return "<" + typeName(o) + " object>"
}

func typeName(o *C.PyObject) string { return C.GoString(C.py_type(o)) }
