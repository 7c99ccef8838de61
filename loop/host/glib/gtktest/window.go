// Package gtktest proves that callers live in GTK 4 through package glib: a window, a label and a button, made by a
// few lines of cgo.
package gtktest

/*
#cgo pkg-config: gtk4
#include <gtk/gtk.h>
#include <stdint.h>

extern void gtktestCall(uintptr_t handle);

typedef struct { GtkWidget *window, *label, *button; } Widgets;

static void clicked(GtkButton *button, gpointer handle) { gtktestCall((uintptr_t)handle); }
static gboolean closed(GtkWindow *window, gpointer handle) { gtktestCall((uintptr_t)handle); return TRUE; }

static Widgets newWidgets(uintptr_t onClick, uintptr_t onClose) {
	Widgets w;
	w.window = gtk_window_new();
	w.label = gtk_label_new("");
	w.button = gtk_button_new_with_label("click");
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 8);
	gtk_box_append(GTK_BOX(box), w.label);
	gtk_box_append(GTK_BOX(box), w.button);
	gtk_window_set_child(GTK_WINDOW(w.window), box);
	gtk_window_set_default_size(GTK_WINDOW(w.window), 240, 120);
	g_signal_connect(w.button, "clicked", G_CALLBACK(clicked), (gpointer)onClick);
	g_signal_connect(w.window, "close-request", G_CALLBACK(closed), (gpointer)onClose);
	gtk_window_present(GTK_WINDOW(w.window));
	return w;
}

static void setText(GtkWidget *label, char *text) { gtk_label_set_text(GTK_LABEL(label), text); }
static const char *text(GtkWidget *label) { return gtk_label_get_text(GTK_LABEL(label)); }
static void click(GtkWidget *button) { g_signal_emit_by_name(button, "clicked"); }
static void requestClose(GtkWidget *window) { gtk_window_close(GTK_WINDOW(window)); }
static void destroy(GtkWidget *window) { gtk_window_destroy(GTK_WINDOW(window)); }
*/
import "C"

import (
	"runtime/cgo"
	"unsafe"
)

// window is for GTK's thread alone.
type window struct {
	widgets C.Widgets
	handles [2]cgo.Handle
}

// initialize reports whether there is a display.
func initialize() bool { return C.gtk_init_check() != 0 }

func newWindow(clicked, closed func()) *window {
	handles := [2]cgo.Handle{cgo.NewHandle(clicked), cgo.NewHandle(closed)}
	return &window{C.newWidgets(C.uintptr_t(handles[0]), C.uintptr_t(handles[1])), handles}
}

func (w *window) setText(text string) {
	c := C.CString(text)
	defer C.free(unsafe.Pointer(c))
	C.setText(w.widgets.label, c)
}

func (w *window) text() string { return C.GoString(C.text(w.widgets.label)) }

func (w *window) click() { C.click(w.widgets.button) }

func (w *window) mapped() bool { return C.gtk_widget_get_mapped(w.widgets.window) != 0 }

// close does what the button in the window's frame does.
func (w *window) close() { C.requestClose(w.widgets.window) }

func (w *window) destroy() {
	C.destroy(w.widgets.window)
	for _, handle := range w.handles {
		handle.Delete()
	}
}

//export gtktestCall
func gtktestCall(handle C.uintptr_t) { cgo.Handle(handle).Value().(func())() }
