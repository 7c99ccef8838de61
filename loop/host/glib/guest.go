package glib

/*
#include <glib.h>
#include <stdint.h>

extern gboolean pinionRun(uintptr_t handle);
extern void pinionForget(uintptr_t handle);

// Handles are no pointers, and Go must not see them as such.
static gboolean run(gpointer handle) { return pinionRun((uintptr_t)handle); }
static void forget(gpointer handle) { pinionForget((uintptr_t)handle); }

static void schedule(GMainContext *context, uintptr_t handle) {
	GSource *source = g_idle_source_new();
	g_source_set_callback(source, run, (gpointer)handle, forget);
	g_source_attach(source, context);
	g_source_unref(source);
}
*/
import "C"

import (
	"runtime/cgo"

	"github.com/pinion-go/pinion/loop"
)

// Guest returns a function for caller.WithGuest: the caller is run by whoever iterates context, on that thread,
// which must be the same one always. What is scheduled after the last iteration is never run: stop the caller
// before the program leaves its main loop for good, or iterate the context until it has stopped.
func Guest(context *Context) func(run func()) {
	return func(run func()) {
		loop.QuietCall()
		C.schedule(context.c, C.uintptr_t(cgo.NewHandle(run)))
	}
}

//export pinionRun
func pinionRun(handle C.uintptr_t) C.gboolean {
	loop.QuietCallBegun() // schedule
	cgo.Handle(handle).Value().(func())()
	return C.G_SOURCE_REMOVE
}

//export pinionForget
func pinionForget(handle C.uintptr_t) { cgo.Handle(handle).Delete() }
