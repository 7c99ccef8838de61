package glfw

/*
// They are in go-gl/glfw's C code. Its Go functions for them do not do: Init reports success when there is no
// display, and PostEmptyEvent takes, and panics with, an error that belongs to a call on the main thread.
typedef void (*errorFunc)(int, const char *);
extern errorFunc glfwSetErrorCallback(errorFunc);
extern int glfwInit(void);
extern int glfwGetError(const char **);
extern void glfwPostEmptyEvent(void);

// Returns what has gone wrong, or NULL.
static const char *initialize(void) {
	const char *why = 0;
	errorFunc others = glfwSetErrorCallback(0);
	int good = glfwInit();
	if (!good)
		glfwGetError(&why);
	glfwSetErrorCallback(others);
	return good ? 0 : why ? why : "no reason given";
}
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"
	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/caller"
	_ "github.com/pinion-go/pinion/caller/mainthread" // keeps the main goroutine on the main thread
	"github.com/pinion-go/pinion/loop"
)

var (
	// ErrNotMainThread is the error of a Host on another thread than the process's main one. It is a
	// caller.ErrNotMainThread.
	ErrNotMainThread = fmt.Errorf("glfw: %w, on which GLFW insists; use mainthread.Run with caller.WithHost", caller.ErrNotMainThread)
	// ErrInit is the error of a Host when GLFW cannot be initialised, because there is no display for example.
	ErrInit = errors.New("glfw: GLFW cannot be initialised")
)

// mainThread is the main thread: package initialisation runs on it.
var mainThread = loop.OSThreadID()

// longest is as long as one sleep lasts: GLFW's timeout on Windows holds 49 days.
const longest = 24 * time.Hour

// Host is a loop.Host that waits for GLFW's events. Make one with NewHost; it is for one caller.
type Host struct {
	initialized bool        // loop thread only
	woken       atomic.Bool // no further event has to be posted until Wait has looked

	mu   sync.Mutex
	open bool // an event may be posted
}

// NewHost makes a Host. GLFW is its own from the start of the caller, which calls glfw.Init, until the caller has
// stopped, which calls glfw.Terminate. The error is ErrNotMainThread if the caller starts elsewhere, and
// ErrInit, with GLFW's reason, if GLFW cannot be used. Hints of glfw.InitHint may be set before.
func NewHost() *Host { return new(Host) }

// Wait is what loop.Host says. When GLFW or a callback of its panics, so does Wait, and the loop makes that its
// error.
func (h *Host) Wait(timeout time.Duration) error {
	if !h.initialized {
		if err := h.start(); err != nil {
			return err
		}
	}
	defer h.woken.Store(false)
	switch woken := h.woken.Swap(false); { // the event itself may be gone, if somebody else has polled
	case woken || timeout == 0:
		glfw.PollEvents()
	case timeout < 0:
		glfw.WaitEvents()
	default:
		glfw.WaitEventsTimeout(seconds(timeout))
	}
	return nil
}

// seconds is the timeout as GLFW wants it. On Windows GLFW cuts it to milliseconds, and would return early.
func seconds(timeout time.Duration) float64 {
	timeout = min(timeout, longest)
	if runtime.GOOS == "windows" {
		timeout += time.Millisecond - 1
	}
	return timeout.Seconds()
}

func (h *Host) start() error {
	if loop.OSThreadID() != mainThread {
		return ErrNotMainThread
	}
	if why := C.initialize(); why != nil {
		return fmt.Errorf("%w: %s", ErrInit, C.GoString(why))
	}
	h.initialized = true
	glfw.PollEvents() // on macOS the first one starts the application, which others must not do by posting
	h.setOpen(true)
	return nil
}

// Wake is what loop.Host says.
func (h *Host) Wake() {
	if h.woken.Swap(true) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open {
		C.glfwPostEmptyEvent()
	}
}

// Close terminates GLFW, which destroys what windows there are.
func (h *Host) Close() error {
	if h.initialized {
		h.setOpen(false)
		glfw.Terminate()
		h.initialized = false
	}
	return nil
}

func (h *Host) setOpen(open bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open = open
}
