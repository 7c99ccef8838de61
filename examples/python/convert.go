package main

// #include "python.h"
import "C"

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"
)

// ErrConversion is the error of values that have no counterpart on the other side.
var ErrConversion = errors.New("no conversion")

const (
	goTypes     = "pass nil, bools, numbers, strings, []byte, slices, maps with keys of string"
	pythonTypes = "return None, bool, int of 64 bits, float, str, bytes, list, tuple, dict with keys of str"
	maxDepth    = 200 // a value that contains itself would have no end
)

// toPython returns a new reference.
func toPython(v reflect.Value, depth int) (*C.PyObject, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w of what is nested %d levels deep, or contains itself", ErrConversion, depth)
	}
	switch v.Kind() {
	case reflect.Invalid:
		return C.py_none(), nil
	case reflect.Pointer, reflect.Interface:
		return toPython(v.Elem(), depth+1)
	case reflect.Bool:
		truth := C.long(0)
		if v.Bool() {
			truth = 1
		}
		return checked(C.PyBool_FromLong(truth))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return checked(C.PyLong_FromLongLong(C.longlong(v.Int())))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return checked(C.PyLong_FromUnsignedLongLong(C.ulonglong(v.Uint())))
	case reflect.Float32, reflect.Float64:
		return checked(C.PyFloat_FromDouble(C.double(v.Float())))
	case reflect.String:
		s := v.String()
		return checked(C.PyUnicode_DecodeUTF8((*C.char)(unsafe.Pointer(unsafe.StringData(s))), C.Py_ssize_t(len(s)), nil))
	case reflect.Slice, reflect.Array:
		return toSequence(v, depth)
	case reflect.Map:
		if v.Type().Key().Kind() == reflect.String {
			return toDict(v, depth)
		}
	}
	return nil, fmt.Errorf("%w of a Go %v: %s", ErrConversion, v.Type(), goTypes)
}

func toSequence(v reflect.Value, depth int) (*C.PyObject, error) {
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
		b := v.Bytes()
		return checked(C.PyBytes_FromStringAndSize((*C.char)(unsafe.Pointer(unsafe.SliceData(b))), C.Py_ssize_t(len(b))))
	}
	list, err := checked(C.PyList_New(C.Py_ssize_t(v.Len())))
	if err != nil {
		return nil, err
	}
	for i := range v.Len() {
		item, err := toPython(v.Index(i), depth+1)
		if err != nil {
			C.Py_DecRef(list)
			return nil, err
		}
		C.PyList_SetItem(list, C.Py_ssize_t(i), item) // takes the reference
	}
	return list, nil
}

func toDict(v reflect.Value, depth int) (*C.PyObject, error) {
	dict, err := checked(C.PyDict_New())
	if err != nil {
		return nil, err
	}
	for key, value := range v.Seq2() {
		if err := setItem(dict, key, value, depth+1); err != nil {
			C.Py_DecRef(dict)
			return nil, err
		}
	}
	return dict, nil
}

func setItem(dict *C.PyObject, key, value reflect.Value, depth int) error {
	k, err := toPython(key, depth)
	if err != nil {
		return err
	}
	defer C.Py_DecRef(k)
	item, err := toPython(value, depth)
	if err != nil {
		return err
	}
	defer C.Py_DecRef(item)
	if C.PyDict_SetItem(dict, k, item) != 0 {
		return exception()
	}
	return nil
}

// fromPython runs no Python code, so that nothing changes meanwhile.
func fromPython(o *C.PyObject, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w of what is nested %d levels deep, or contains itself", ErrConversion, depth)
	}
	switch C.py_kind(o) {
	case C.PY_NONE:
		return nil, nil
	case C.PY_BOOL:
		return C.PyLong_AsLong(o) != 0, nil
	case C.PY_INT:
		var overflow C.int
		n := C.PyLong_AsLongLongAndOverflow(o, &overflow)
		if overflow != 0 {
			return nil, fmt.Errorf("%w of an int of more than 64 bits: %s", ErrConversion, pythonTypes)
		}
		return int64(n), nil
	case C.PY_FLOAT:
		return float64(C.PyFloat_AsDouble(o)), nil
	case C.PY_STR:
		var size C.Py_ssize_t
		text := C.PyUnicode_AsUTF8AndSize(o, &size)
		if text == nil {
			return nil, exception()
		}
		return copied(text, size), nil
	case C.PY_BYTES:
		return []byte(bytesOf(o)), nil
	case C.PY_LIST:
		return fromSequence(C.PyList_Size(o), depth, func(i C.Py_ssize_t) *C.PyObject { return C.PyList_GetItem(o, i) })
	case C.PY_TUPLE:
		return fromSequence(C.PyTuple_Size(o), depth, func(i C.Py_ssize_t) *C.PyObject { return C.PyTuple_GetItem(o, i) })
	case C.PY_DICT:
		return fromDict(o, depth)
	}
	return nil, fmt.Errorf("%w of a Python %s: %s", ErrConversion, typeName(o), pythonTypes)
}

func fromSequence(size C.Py_ssize_t, depth int, item func(C.Py_ssize_t) *C.PyObject) (any, error) {
	list := make([]any, size)
	for i := range list {
		v, err := fromPython(item(C.Py_ssize_t(i)), depth+1)
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	return list, nil
}

func fromDict(o *C.PyObject, depth int) (any, error) {
	dict := make(map[string]any)
	var at C.Py_ssize_t
	var key, value *C.PyObject
	for C.PyDict_Next(o, &at, &key, &value) != 0 {
		k, err := fromPython(key, depth+1)
		if err != nil {
			return nil, err
		}
		name, ok := k.(string)
		if !ok {
			return nil, fmt.Errorf("%w of a dict with a key of %s: %s", ErrConversion, typeName(key), pythonTypes)
		}
		if dict[name], err = fromPython(value, depth+1); err != nil {
			return nil, err
		}
	}
	return dict, nil
}

// bytesOf returns what a bytes object holds.
func bytesOf(b *C.PyObject) string { return copied(C.PyBytes_AsString(b), C.PyBytes_Size(b)) }

func copied(text *C.char, size C.Py_ssize_t) string {
	return string(unsafe.Slice((*byte)(unsafe.Pointer(text)), size))
}
