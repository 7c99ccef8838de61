package main

// #include "python.h"
import "C"

import (
	"context"
	"time"
)

// interruptible interrupts the Python code on in's thread when ctx ends, until over is called, without
// Python's lock: an interruption that comes too late must not reach another call.
func (in *Interpreter) interruptible(ctx context.Context) (over func()) {
	ended, told := make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(told)
		in.interrupt(ended)
	})
	return func() {
		if stop() {
			return
		}
		close(ended)
		<-told
		C.PyEval_RestoreThread(in.state)
		C.py_calm()
		C.PyEval_SaveThread()
	}
}

// interrupt raises KeyboardInterrupt. In the main interpreter this ends a wait in a system call as well, as Ctrl-C
// does in Python; in the others it takes effect when the call returns to Python code.
func (in *Interpreter) interrupt(ended <-chan struct{}) {
	if in.main != in {
		C.py_interrupt(in.interp, C.ulong(in.thread))
		return
	}
	C.py_kick(in.thread, 1)
	// A thread that is about to enter a system call may notice a later one only.
	for pause := time.Millisecond; pause <= time.Second; pause *= 10 {
		select {
		case <-ended:
			return
		case <-time.After(pause):
			C.py_kick(in.thread, 0)
		}
	}
}
