package main

/*
#cgo pkg-config: glib-2.0
#include <glib.h>
#include <stdint.h>

extern void idle(uintptr_t handle);

// Handles are no pointers, and Go must not see them as such.
static gboolean run(gpointer handle) {
	idle((uintptr_t)handle);
	return G_SOURCE_REMOVE;
}
static void addIdle(uintptr_t handle) { g_idle_add(run, (gpointer)handle); }
*/
import "C"

import (
	"context"
	"runtime/cgo"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop/host/glib"
)

// runGLib has the main thread run the default context, in which both a guest and GLib's own ways are. A host has a
// context and a thread of its own.
func runGLib(measure func([]way) error) error {
	main := C.g_main_loop_new(nil, 0)
	defer C.g_main_loop_unref(main)
	result := make(chan error, 1)
	go func() {
		defer C.g_main_loop_quit(main)
		result <- inGLib(measure)
	}()
	C.g_main_loop_run(main)
	return <-result
}

func inGLib(measure func([]way) error) error {
	background := context.Background()
	guest, err := caller.New(background, caller.WithGuest(glib.Guest(glib.DefaultContext())))
	if err != nil {
		return err
	}
	defer guest.Close()
	host, err := caller.New(background, caller.WithHost(glib.NewHost(glib.NewContext())))
	if err != nil {
		return err
	}
	defer host.Close()
	var own slice
	drain := cgo.NewHandle(own.drain)
	defer drain.Delete()
	own.wake = func() { C.addIdle(C.uintptr_t(drain)) }
	return measure([]way{
		pinion("Pinion guest", guest),
		pinion("Pinion host", host),
		{name: "g_idle_add", post: addIdle},
		{name: "g_idle_add, mutex and slice", post: own.post},
	})
}

// addIdle is g_idle_add for any function.
func addIdle(fn func()) {
	var handle cgo.Handle
	handle = cgo.NewHandle(func() {
		handle.Delete()
		fn()
	})
	C.addIdle(C.uintptr_t(handle))
}

//export idle
func idle(handle C.uintptr_t) { cgo.Handle(handle).Value().(func())() }
