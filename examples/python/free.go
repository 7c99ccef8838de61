package main

// #include "python.h"
import "C"

import "runtime"

// free is Call as it is done without a caller: on any thread, which Python makes a thread state for and forgets
// it when the call is over. It is for the main interpreter only, and has to return before that is closed.
func free(in *Interpreter, function string, args ...any) (any, error) {
	runtime.LockOSThread() // to the thread that takes the lock, at least
	defer runtime.UnlockOSThread()
	lock := C.PyGILState_Ensure()
	defer C.PyGILState_Release(lock)
	return call(in.globals, function, args...)
}
