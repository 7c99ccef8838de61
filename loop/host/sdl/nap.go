package sdl

import (
	"sync"
	"time"

	"github.com/Zyko0/go-sdl3/sdl"
	"go.uber.org/atomic"
)

// Where it has no window, SDL does not sleep: it looks for events every millisecond. The host sleeps in its place
// then, until somebody wakes it or queues an event.

const (
	// glance is how long SDL may not look by itself for what nobody queues, such as devices that come and go.
	glance = 100 * time.Millisecond

	// arrival is how long it may take from when an event is announced until it is in the queue, and blink how long
	// a nap lasts meanwhile.
	arrival = 20 * time.Millisecond
	blink   = time.Millisecond

	// restless is what SDL has to look at all the time.
	restless = sdl.INIT_JOYSTICK | sdl.INIT_HAPTIC | sdl.INIT_GAMEPAD | sdl.INIT_SENSOR | sdl.INIT_CAMERA
)

// naps reports whether SDL would not sleep, and need not look at something instead.
func naps() bool {
	switch up := sdl.WasInit(0); {
	case up&restless != 0:
		return false
	case up&sdl.INIT_VIDEO == 0 || !hasScreen(sdl.GetCurrentVideoDriver()):
		return true
	}
	windows, err := sdl.GetWindows()
	return err == nil && len(windows) == 0
}

// nap sleeps, and reports whether there is an event then.
func (h *Host) nap(timeout time.Duration) (got bool) {
	h.napping.Store(true)
	defer h.napping.Store(false)
	h.watch()
	if sdl.PollEvent(&h.event) { // from before the watch
		return true
	}
	longest := glance
	if time.Since(h.announced.Load()) < arrival {
		longest = blink
	}
	if timeout < 0 || timeout > longest {
		timeout = longest
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-h.signal:
		h.woken.Store(false)
	case <-timer.C:
	}
	return sdl.PollEvent(&h.event)
}

// rouse ends a nap, or the next one.
func (h *Host) rouse() {
	select {
	case h.signal <- struct{}{}:
	default:
	}
}

// watching is the host that is told of events. The function that SDL calls is made once, since it stays for ever.
var (
	watching atomic.Pointer[Host]
	watcher  = sync.OnceValue(func() sdl.EventFilter {
		return sdl.NewEventFilter(func(event *sdl.Event) bool {
			if h := watching.Load(); h != nil && event.Type != wakeEvent {
				h.announced.Store(time.Now())
				h.rouse()
			}
			return true
		})
	})
)

// watch has SDL announce the events that are queued, on whatever thread.
func (h *Host) watch() {
	if watching.Swap(h) == nil {
		_ = sdl.AddEventWatch(watcher())
	}
}

// unwatch ends that: it takes time that nobody needs when SDL sleeps by itself.
func (h *Host) unwatch() {
	if watching.CompareAndSwap(h, nil) {
		sdl.RemoveEventWatch(watcher())
	}
}
