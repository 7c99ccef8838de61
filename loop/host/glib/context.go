package glib

/*
#include <glib.h>
*/
import "C"

import (
	"runtime"
	"unsafe"
)

// Context is a GLib main context.
type Context struct{ c *C.GMainContext }

// DefaultContext returns the process's default main context, which GTK uses.
func DefaultContext() *Context {
	return contextOf(C.g_main_context_ref(C.g_main_context_default()))
}

// NewContext makes a main context of its own, for threads beside the toolkit's.
func NewContext() *Context { return contextOf(C.g_main_context_new()) }

// ContextAt returns the context that native, a GMainContext* of some other binding, points to. It takes a
// reference of its own.
func ContextAt(native unsafe.Pointer) *Context {
	return contextOf(C.g_main_context_ref((*C.GMainContext)(native)))
}

// Native returns the GMainContext*.
func (c *Context) Native() unsafe.Pointer { return unsafe.Pointer(c.c) }

// contextOf takes over a reference, which is given up when nobody has the Context any more.
func contextOf(native *C.GMainContext) *Context {
	c := &Context{native}
	runtime.AddCleanup(c, func(native *C.GMainContext) { C.g_main_context_unref(native) }, native)
	return c
}
