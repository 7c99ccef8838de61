package main

// #include "meter.h"
import "C"

import (
	"errors"
	"runtime/cgo"
)

// meter is the C library's handle. Its functions belong on the thread that has opened it.
type meter struct{ c *C.meter }

func openMeter() (meter, error) {
	m := C.meter_open()
	if m == nil {
		return meter{}, lastError()
	}
	return meter{m}, nil
}

// add asks for the reason in a second call into C: on a free goroutine the thread may change between the
// two, and then the reason is lost.
func (m meter) add(amount int) error {
	if !m.try(amount) {
		return lastError()
	}
	return nil
}

func (m meter) try(amount int) bool { return C.meter_add(m.c, C.int(amount)) == 0 }

func (m meter) total() int { return int(C.meter_total(m.c)) }

func (m meter) close() { C.meter_close(m.c) }

func lastError() error { return errors.New(C.GoString(C.meter_last_error())) }

// each has C call fn back for 0 to n-1.
func each(n int, fn func(i int)) {
	handle := cgo.NewHandle(fn)
	defer handle.Delete()
	C.meter_each(C.int(n), C.uintptr_t(handle))
}

//export visit
func visit(handle C.uintptr_t, i C.int) {
	cgo.Handle(handle).Value().(func(int))(int(i))
}
