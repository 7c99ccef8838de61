package sdl

import (
	"errors"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/Zyko0/go-sdl3/sdl"
	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/loop"
)

var (
	// ErrNotMainThread is the error of a Host with video on another thread than the process's main one.
	ErrNotMainThread = errors.New("sdl: video needs the process's main thread; use mainthread.Run, or leave INIT_VIDEO out of WithInit")

	// ErrInUse is the error of a Host while there is another one.
	ErrInUse = errors.New("sdl: another caller has SDL's event queue, of which there is one in a process; stop that caller first")

	// ErrNoLibrary is the error of a Host when SDL has not been loaded.
	ErrNoLibrary = errors.New("sdl: the library is not loaded; call binsdl.Load or sdl.LoadLibrary first")

	// ErrNoHandler is the error of a Host that was given no handler.
	ErrNoHandler = errors.New("sdl: no handler; give NewHost a function that takes the events")
)

const (
	slice     = 8 * time.Millisecond // how long events may keep calls waiting
	wakeEvent = sdl.EVENT_LAST - 1
)

var (
	mainThread = loop.OSThreadID() // package initialisation runs on it
	inUse      atomic.Bool
)

// Host is a loop.Host that waits in SDL's event queue. Make one with NewHost; it is for one caller.
type Host struct {
	handler func(sdl.Event)
	flags   sdl.InitFlags
	event   sdl.Event   // that has been taken out of the queue
	woken   atomic.Bool // from Wake until Wait has heeded it

	signal    chan struct{} // ends naps
	napping   atomic.Bool   // Wake need not queue an event
	announced atomic.Time   // when somebody was about to queue an event

	mu     sync.Mutex
	open   bool           // SDL is initialised, and may be called; changed on the caller's thread only
	pushes sync.WaitGroup // counted while open: no lock is held, since PushEvent calls the program's event filter
}

// Option configures a Host.
type Option interface{ apply(*Host) }

type option func(*Host)

func (o option) apply(h *Host) { o(h) }

// WithInit sets what the Host initialises in SDL: sdl.INIT_VIDEO unless set. It adds sdl.INIT_EVENTS.
func WithInit(flags sdl.InitFlags) Option { return option(func(h *Host) { h.flags = flags }) }

// NewHost makes a Host that gives SDL's events to handler, on the caller's thread. SDL is initialised when the
// caller starts, whose errors are then SDL's, ErrNotMainThread, ErrInUse, ErrNoLibrary and ErrNoHandler. The
// event is the handler's to keep, but the strings in it have to be taken out before it returns.
func NewHost(handler func(event sdl.Event), opts ...Option) *Host {
	h := &Host{handler: handler, flags: sdl.INIT_VIDEO, signal: make(chan struct{}, 1)}
	for _, o := range opts {
		o.apply(h)
	}
	h.flags |= sdl.INIT_EVENTS
	return h
}

// Wait is what loop.Host says.
func (h *Host) Wait(timeout time.Duration) error {
	if !h.open {
		if err := h.start(); err != nil {
			return err
		}
	}
	woken := h.woken.Load()
	if woken {
		timeout = 0 // the program may have taken the event out of the queue
	}
	var got bool
	switch {
	case timeout == 0:
		got = sdl.PollEvent(&h.event)
	case naps():
		got = h.nap(timeout)
	default:
		h.unwatch()
		got = sdl.WaitEventTimeout(&h.event, milliseconds(timeout))
	}
	for until := time.Now().Add(slice); got; got = sdl.PollEvent(&h.event) {
		if h.event.Type == wakeEvent {
			h.woken.Store(false)
		} else {
			h.handler(h.event)
		}
		if time.Now().After(until) {
			return nil
		}
	}
	if woken {
		h.woken.Store(false)
	}
	return nil
}

// milliseconds rounds up: SDL would look again and again in the last one.
func milliseconds(d time.Duration) int32 {
	if d < 0 {
		return -1
	}
	return int32(min((d+time.Millisecond-1)/time.Millisecond, math.MaxInt32))
}

// Wake is what loop.Host says. At most one event is queued for it, however often it is called. A queue that is
// full does not matter: Wait returns then anyway.
func (h *Host) Wake() {
	if h.woken.Swap(true) {
		return
	}
	if h.rouse(); h.napping.Load() {
		return
	}
	h.mu.Lock()
	open := h.open
	if open {
		h.pushes.Add(1)
	}
	h.mu.Unlock()
	if open {
		_ = sdl.PushEvent(&sdl.Event{Type: wakeEvent})
		h.pushes.Done()
	}
}

// Close quits what the Host has initialised in SDL. What the program has initialised itself stays.
func (h *Host) Close() error {
	h.mu.Lock()
	open := h.open
	h.open = false
	h.mu.Unlock()
	if open {
		h.pushes.Wait()
		h.unwatch()
		sdl.QuitSubSystem(h.flags)
		inUse.Store(false)
	}
	return nil
}

func (h *Host) start() error {
	switch {
	case h.handler == nil:
		return ErrNoHandler
	case !loaded():
		return ErrNoLibrary
	case h.flags&sdl.INIT_VIDEO != 0 && loop.OSThreadID() != mainThread && hasScreen(sdl.GetHint(sdl.HINT_VIDEO_DRIVER)):
		return ErrNotMainThread
	case !inUse.CompareAndSwap(false, true):
		return ErrInUse
	}
	if err := sdl.InitSubSystem(h.flags); err != nil {
		inUse.Store(false)
		return err
	}
	h.mu.Lock()
	h.open = true
	h.mu.Unlock()
	return nil
}

// loaded reports whether there are functions to call.
func loaded() (ok bool) {
	defer func() { ok = recover() == nil }()
	sdl.WasInit(0)
	return
}

// hasScreen reports whether SDL may choose a driver with a screen when told to choose from these. Left to itself it does.
func hasScreen(drivers string) bool {
	for driver := range strings.SplitSeq(drivers, ",") {
		if driver != "dummy" && driver != "offscreen" {
			return true
		}
	}
	return false
}
