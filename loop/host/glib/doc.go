// Package glib lets callers live in a GLib main context, and so in GTK 3 and 4 whatever binding the program
// uses. It needs cgo and, to build, the headers of GLib (Debian: libglib2.0-dev).
//
// There are two ways. With [Host] the caller owns the thread and sleeps in the context's own wait: timers of the
// caller set its timeout, calls wake it through g_main_context_wakeup, and nothing polls.
//
//	host := glib.NewHost(glib.DefaultContext())
//	err := mainthread.Run(body, caller.WithHost(host))
//
// With [Guest] the program goes on calling g_main_loop_run or gtk_main itself, and the caller is run by the
// context between its other sources:
//
//	c, err := caller.New(ctx, caller.WithGuest(glib.Guest(glib.DefaultContext())))
//
// Calls of both may wait as everywhere. A handler that GTK calls runs below C's frames, so a wait in it fails with
// loop.ErrCannotSuspend: hand the waiting part over with CallSoon.
//
// Calls yield to native events after 8 ms and the call that has begun by then, and in a host events of the idle
// priority to calls after as long. The guest's source has the priority of g_idle_add, so that GTK's input and drawing
// go first.
package glib
