package glib

/*
#include <glib.h>
#include <stdint.h>

extern void pinionRun(uintptr_t handle);
extern void pinionForget(uintptr_t handle);

// Handles are no pointers, and Go must not see them as such. One that is 0 has been run.
typedef struct { uintptr_t handle; } Turn;

static gboolean run(gpointer turn) {
	uintptr_t handle = ((Turn *)turn)->handle;
	((Turn *)turn)->handle = 0;
	pinionRun(handle);
	return G_SOURCE_REMOVE;
}

static void forget(gpointer turn) {
	if (((Turn *)turn)->handle)
		pinionForget(((Turn *)turn)->handle);
	g_free(turn);
}

static void schedule(GMainContext *context, uintptr_t handle) {
	GSource *source = g_idle_source_new();
	Turn *turn = g_new(Turn, 1);
	turn->handle = handle;
	g_source_set_callback(source, run, turn, forget);
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
		t := takeTurn(run)
		loop.QuietCall()
		number := t.number
		C.schedule(context.c, C.uintptr_t(t.handle))
		t.scheduled(number)
	}
}

//export pinionRun
func pinionRun(handle C.uintptr_t) {
	t := cgo.Handle(handle).Value().(*turn)
	t.scheduled(t.number)
	t.run()
	t.giveBack()
}

//export pinionForget
func pinionForget(handle C.uintptr_t) {
	t := cgo.Handle(handle).Value().(*turn)
	t.scheduled(t.number)
	t.giveBack()
}
