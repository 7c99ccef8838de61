// Package toolkit plays the part of a program with a GLib main loop of its own, for the tests: cgo cannot be used
// in test files.
package toolkit

/*
#cgo pkg-config: glib-2.0
#include <glib.h>
#include <stdint.h>

extern gboolean toolkitTick(uintptr_t handle);
extern gboolean toolkitOnce(uintptr_t handle);
extern void toolkitForget(uintptr_t handle);

// Handles are no pointers, and Go must not see them as such.
static gboolean run(gpointer handle) { return toolkitTick((uintptr_t)handle); }
static gboolean runOnce(gpointer handle) { return toolkitOnce((uintptr_t)handle); }
static void forget(gpointer handle) { toolkitForget((uintptr_t)handle); }

static GSource *every(GMainContext *context, guint ms, uintptr_t handle) {
	GSource *source = g_timeout_source_new(ms);
	g_source_set_callback(source, run, (gpointer)handle, forget);
	g_source_attach(source, context);
	return source;
}

static void once(GMainContext *context, uintptr_t handle) {
	GSource *source = g_idle_source_new();
	g_source_set_callback(source, runOnce, (gpointer)handle, forget);
	g_source_attach(source, context);
	g_source_unref(source);
}

static void runLoop(GMainLoop *loop) {
	g_main_loop_run(loop);
	g_main_loop_unref(loop);
}

static void end(GSource *source) {
	g_source_destroy(source);
	g_source_unref(source);
}
*/
import "C"

import (
	"runtime"
	"runtime/cgo"
	"time"
	"unsafe"
)

// RunUntil runs a main loop on the calling goroutine's thread until done is closed. The last that it does is in C.
func RunUntil(context unsafe.Pointer, done <-chan struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	native := (*C.GMainContext)(context)
	loop := C.g_main_loop_new(native, 0)
	go func() {
		<-done
		Once(context, func() { C.g_main_loop_quit(loop) }) // before it runs that would have no effect
	}()
	C.runLoop(loop)
}

// Every has fn called from the main loop until stop is called.
func Every(context unsafe.Pointer, period time.Duration, fn func()) (stop func()) {
	source := C.every((*C.GMainContext)(context), C.guint(period.Milliseconds()), C.uintptr_t(cgo.NewHandle(fn)))
	return func() { C.end(source) }
}

// Once has fn called from the main loop when nothing more urgent is ready.
func Once(context unsafe.Pointer, fn func()) {
	C.once((*C.GMainContext)(context), C.uintptr_t(cgo.NewHandle(fn)))
}

//export toolkitTick
func toolkitTick(handle C.uintptr_t) C.gboolean {
	cgo.Handle(handle).Value().(func())()
	return C.G_SOURCE_CONTINUE
}

//export toolkitOnce
func toolkitOnce(handle C.uintptr_t) C.gboolean {
	cgo.Handle(handle).Value().(func())()
	return C.G_SOURCE_REMOVE
}

//export toolkitForget
func toolkitForget(handle C.uintptr_t) { cgo.Handle(handle).Delete() }
