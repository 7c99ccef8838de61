package glib

/*
#cgo pkg-config: glib-2.0
#include <glib.h>

static gboolean keep(gpointer unused) { return G_SOURCE_CONTINUE; }

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data) {
	g_source_set_ready_time(source, -1);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs clockFuncs = { NULL, NULL, dispatch, NULL };

// A source that does nothing but be ready at a time.
static GSource *newClock(GMainContext *context) {
	GSource *source = g_source_new(&clockFuncs, sizeof(GSource));
	g_source_set_callback(source, keep, NULL, NULL);
	g_source_set_priority(source, G_PRIORITY_HIGH);
	g_source_attach(source, context);
	return source;
}

// Reports whether anything has been dispatched.
static gboolean iterate(GMainContext *context, GSource *clock, gint64 microseconds) {
	if (microseconds >= 0)
		g_source_set_ready_time(clock, microseconds == 0 ? -1 : g_get_monotonic_time() + microseconds);
	else
		g_source_set_ready_time(clock, -1);
	return g_main_context_iteration(context, microseconds != 0);
}
*/
import "C"

import (
	"errors"
	"time"
)

// ErrOwned is the error of a Host whose context belongs to another thread.
var ErrOwned = errors.New("glib: the main context is owned by another thread; run the caller on the thread that runs the toolkit, or give it a context of its own")

// ErrNoContext is the error of a Host that was given no context.
var ErrNoContext = errors.New("glib: no main context; use DefaultContext or NewContext")

// slice is how long native events may keep calls waiting when both come in a flood.
const slice = 8 * time.Millisecond

// Host is a loop.Host that waits in a GLib main context. Make one with NewHost; it is for one caller.
type Host struct {
	context *Context
	clock   *C.GSource // once the context has been acquired
}

// NewHost makes a Host that waits in context. The thread of the caller becomes the context's owner when the caller
// starts, and while it runs nobody else can iterate it; the error is ErrOwned if another thread has it then.
// GTK wants its calls on the process's main thread: use mainthread.Run.
func NewHost(context *Context) *Host { return &Host{context: context} }

// Wait is what loop.Host says.
func (h *Host) Wait(timeout time.Duration) error {
	switch {
	case h.context == nil:
		return ErrNoContext
	case h.clock == nil:
		if C.g_main_context_acquire(h.context.c) == 0 {
			return ErrOwned
		}
		h.clock = C.newClock(h.context.c)
	}
	microseconds := C.gint64(-1)
	if timeout >= 0 {
		microseconds = C.gint64((timeout + time.Microsecond - 1) / time.Microsecond)
	}
	again := C.iterate(h.context.c, h.clock, microseconds) != 0 && timeout == 0
	// An iteration may do no more than dispatch one event of the most urgent kind. While calls come in a flood,
	// the rest would have to wait for a slice of them each time.
	for until := time.Now().Add(slice); again && time.Now().Before(until); {
		again = C.iterate(h.context.c, h.clock, 0) != 0
	}
	return nil
}

// Wake is what loop.Host says.
func (h *Host) Wake() {
	if h.context != nil {
		C.g_main_context_wakeup(h.context.c)
	}
}

// Close gives the context up. The context itself and its sources stay as they are.
func (h *Host) Close() error {
	if h.clock != nil {
		C.g_source_destroy(h.clock)
		C.g_source_unref(h.clock)
		C.g_main_context_release(h.context.c)
		h.clock = nil
	}
	return nil
}
