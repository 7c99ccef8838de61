package looptest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/pinion-go/pinion/loop"
)

// Pinned drives loops by their Run.
func Pinned() Driver {
	return Driver{New: func(_ testing.TB, opts ...loop.Option) (*loop.Loop, func()) {
		l := loop.New(opts...)
		return l, func() { _ = l.Run(context.Background()) }
	}}
}

// Manual drives loops step by step, as a game loop would.
func Manual() Driver {
	return Driver{New: func(_ testing.TB, opts ...loop.Option) (*loop.Loop, func()) {
		l := loop.New(opts...)
		return l, func() {
			for l.Await(context.Background(), -1) == nil {
				l.RunPending()
			}
		}
	}}
}

// Hosted drives loops that sleep in a Host.
func Hosted() Driver {
	return Driver{
		New: func(_ testing.TB, opts ...loop.Option) (*loop.Loop, func()) {
			h := NewHost()
			l := loop.New(append(opts, loop.WithHost(h), loop.WithOwner(h))...)
			return l, func() { _ = l.Run(context.Background()) }
		},
		Native: func(_ testing.TB, l *loop.Loop, handler func()) { l.Owner().(*Host).Send(handler) },
	}
}

// Guest drives loops from a toolkit that keeps its thread.
func Guest() Driver {
	return Driver{
		New: func(_ testing.TB, opts ...loop.Option) (*loop.Loop, func()) {
			tk := &toolkit{signal: make(chan struct{}, 1)}
			l := loop.New(append(opts, loop.WithGuest(tk.runOnMain), loop.WithOwner(tk))...)
			return l, func() { tk.main(l.Done()) }
		},
		Native: func(_ testing.TB, l *loop.Loop, handler func()) { l.Owner().(*toolkit).runOnMain(handler) },
	}
}

// toolkit is the kind of event loop that runs closures on its thread and never gives it back.
type toolkit struct {
	mu     sync.Mutex
	queue  []func()
	signal chan struct{}
}

func (tk *toolkit) runOnMain(fn func()) {
	tk.mu.Lock()
	tk.queue = append(tk.queue, fn)
	tk.mu.Unlock()
	select {
	case tk.signal <- struct{}{}:
	default:
	}
}

func (tk *toolkit) main(quit <-chan struct{}) {
	for {
		tk.mu.Lock()
		queue := tk.queue
		tk.queue = nil
		tk.mu.Unlock()
		for _, fn := range queue {
			fn()
		}
		select {
		case <-tk.signal:
		case <-quit:
			return
		}
	}
}

// Host is a loop.Host without a toolkit: its native events are functions.
type Host struct {
	wake   chan struct{}
	events chan func()
}

// NewHost makes a Host.
func NewHost() *Host { return &Host{make(chan struct{}, 1), make(chan func(), 64)} }

// Send queues a native event, whose handler is called in Wait. Any goroutine may call it; it blocks
// while the queue is full.
func (h *Host) Send(handler func()) { h.events <- handler }

// Wait is what loop.Host says.
func (h *Host) Wait(timeout time.Duration) error {
	select {
	case handler := <-h.events: // even when the time is over already
		handler()
		return nil
	default:
	}
	var over <-chan time.Time
	if timeout >= 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case handler := <-h.events:
		handler()
	case <-h.wake:
	case <-over:
	}
	return nil
}

// Wake is what loop.Host says.
func (h *Host) Wake() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Close is what loop.Host says.
func (h *Host) Close() error { return nil }
