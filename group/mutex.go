package group

import (
	"context"
	"fmt"
	"sync"

	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// Mutex lets one call or goroutine at a time run a function, across its waits, on one thread or several.
// It serves in order. The zero value is ready. Do not copy it.
//
// It is re-entrant, and the owner is a task, never a thread or goroutine: who calls With with the context
// that body was given, in the call that body runs in, does not wait. A call that body has started under that
// context is another task and waits, until body has returned. So body must not wait for such a call: neither
// would ever end. Goroutines of the go statement, and functions for CallDirect and Do, have no task of their
// own: with body's context they count as the owner, for as long as body or one of them is inside. Use
// pending.Go and CallSoon for those that should not.
type Mutex struct {
	once sync.Once
	turn Semaphore // of one permit
	held atomic.Pointer[hold]
}

// hold is what the outermost With has, and what its body's context carries.
type hold struct {
	owner pending.Handle // the call; nil where there is none
	on    *loop.Parker   // what the call runs on; nil on a goroutine
	depth atomic.Int32   // the Withs inside; never rises from 0
}

// mutexKey is the key under which body's context has the hold.
type mutexKey struct{ m *Mutex }

// With calls body while it has the mutex, and frees it when the outermost body has ended, however it ends.
// If the mutex is free it takes it at once, even if ctx has ended; otherwise it waits, which suspends a call
// and blocks a goroutine. The error is body's; ctx's, when it has ended before the wait is over;
// loop.ErrStopped, when the loop of the call stops; loop.ErrCannotSuspend; loop.ErrNilFunc; and
// pending.ErrDeadlock, when the call has the mutex already and uses another context than body's.
func (m *Mutex) With(ctx context.Context, body func(ctx context.Context) error) error {
	if body == nil {
		return loop.ErrNilFunc
	}
	owner := pending.Current(ctx)
	if h, ok := ctx.Value(mutexKey{m}).(*hold); ok && h.owner == owner && h.enter() {
		defer m.leave(h)
		return body(ctx)
	}
	h := &hold{owner: owner, on: running()}
	if err := m.acquire(ctx, h); err != nil {
		return err
	}
	h.depth.Store(1)
	m.held.Store(h)
	defer m.leave(h)
	defer m.held.Store(nil)
	return body(context.WithValue(ctx, mutexKey{m}, h))
}

func (m *Mutex) acquire(ctx context.Context, h *hold) error {
	m.once.Do(func() { m.turn.free = 1 })
	if held := m.held.Load(); h.on != nil && held != nil && held.on == h.on {
		return fmt.Errorf("group: a call waits for a mutex that it has; give With the context that body got: %w", pending.ErrDeadlock)
	}
	return m.turn.Acquire(ctx)
}

// enter counts one more With inside, unless all have been left.
func (h *hold) enter() bool {
	for n := h.depth.Load(); n > 0; n = h.depth.Load() {
		if h.depth.CompareAndSwap(n, n+1) {
			return true
		}
	}
	return false
}

func (m *Mutex) leave(h *hold) {
	if h.depth.Dec() == 0 {
		_ = m.turn.Release(1)
	}
}

// running returns the Parker of the running call, nil elsewhere.
func running() *loop.Parker {
	if !loop.Inside() {
		return nil
	}
	parker, err := loop.Self()
	if err != nil || parker.Running() == nil {
		return nil
	}
	return parker
}
