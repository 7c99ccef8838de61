package pending

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"sync"

	"github.com/rs/zerolog"
	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/loop"
)

// core is a Pending but for the type of its value.
//
// mu guards every field that is not atomic or set before the Pending is shared. No function of a
// user's runs under it. What a cancellation writes comes first, behind what it writes in a task.
type core struct {
	flags      atomic.Uint32 // written under mu
	protected  bool
	untracked  bool
	spareTaken bool
	drained    bool // done, and every entry has been served
	mu         sync.Mutex
	reason     *CancelledError // once cancelled; the error in the end
	err        error

	scheduled   *task // the call that is to produce the result, if there is one
	canceller   func(msg string)
	done        chan struct{} // nil until asked for
	first, last *entry        // waiters and callbacks, in the order in which they came
	self        Handle        // the typed Pending, as callbacks get it
	id          uint64        // 0 until asked for
	spare       entry         // serves the first, which mostly is the only one

	era      uint32 // it was made in
	ctx      context.Context
	metadata map[string]any
}

const (
	flagCancelled uint32 = 1 << iota
	flagDone
)

// entry is somebody who wants to know the end.
type entry struct {
	prev, next *entry
	who        any // *loop.Parker, func(Handle) or *Manager; nil once served or removed

	// Of a Manager's, guarded by its mu:
	kept          *core
	before, after *entry
}

func (p *core) has(flag uint32) bool { return p.flags.Load()&flag != 0 }

func (p *core) base() *core { return p }

// IsDone reports whether there is an outcome. It may be called from anywhere and does not wait.
func (p *core) IsDone() bool { return p.has(flagDone) }

// Cancelled reports whether p has been cancelled, which may be before it is done. It may be called
// from anywhere and does not wait.
func (p *core) Cancelled() bool { return p.has(flagCancelled) }

// Done returns a channel that is closed once there is an outcome. It may be called from anywhere and
// does not wait.
func (p *core) Done() <-chan struct{} {
	p.observe()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done == nil {
		p.done = make(chan struct{})
		if p.has(flagDone) {
			close(p.done)
		}
	}
	return p.done
}

// Err returns the outcome's error: nil after a result, ErrNotDone before there is an outcome. It may
// be called from anywhere and does not wait.
func (p *core) Err() error {
	if !p.IsDone() {
		return ErrNotDone
	}
	return p.err // nothing changes it any more
}

// Context returns the context that p was made with.
func (p *core) Context() context.Context { return p.ctx }

// Metadata returns a copy of what WithMetadata attached.
func (p *core) Metadata() map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.metadata)
}

// SetError ends p with err and reports whether it did: the first outcome stays, and a cancelled
// Pending ends as cancelled. A nil err is a programming error and becomes one. It may be called from
// anywhere; it runs the callbacks.
func (p *core) SetError(err error) bool {
	if err == nil {
		err = errNilError
	}
	return p.settle(nil, err)
}

// settle is how every outcome comes about: with store, which puts the value in its place, or with an
// error.
func (p *core) settle(store func(), err error) (accepted bool) {
	accepted, waited := p.finish(store, err)
	if waited {
		p.serve()
	}
	return accepted
}

// finish is settle without the end, which is serve, if it reports waited. Calls that end leave that to their outermost
// function: a coroutine that has been suspended has a small stack, which callbacks would make grow.
func (p *core) finish(store func(), err error) (accepted, waited bool) {
	p.mu.Lock()
	if p.has(flagDone) {
		p.mu.Unlock()
		return false, false
	}
	accepted = !p.has(flagCancelled)
	switch {
	case !accepted:
		p.err = p.reason
	case err != nil:
		p.err = err
	case store != nil:
		store()
	}
	return accepted, p.finishLocked()
}

// finishLocked makes p done and releases mu. It reports whether somebody waits, whom the caller has to serve.
func (p *core) finishLocked() (waited bool) {
	if p.scheduled != nil {
		p.scheduled.leavePlace()
	}
	p.flags.Store(p.flags.Load() | flagDone)
	p.canceller = nil
	if p.done != nil {
		close(p.done)
	}
	p.drained = p.first == nil
	waited = !p.drained
	p.mu.Unlock()
	return waited
}

// serve wakes the waiters and runs the callbacks, also those that are added meanwhile, in their order.
// A callback that panics is logged; one that calls runtime.Goexit ends the goroutine after the others
// have run.
func (p *core) serve() {
	over := false
	defer func() {
		if !over {
			p.logger().Error().Str("pending", p.String()).Msg("a callback called runtime.Goexit")
			p.serve()
		}
	}()
	for {
		p.mu.Lock()
		e := p.first
		if e == nil {
			p.drained, over = true, true
			p.mu.Unlock()
			return
		}
		who := e.who
		if m, ok := who.(*Manager); ok {
			p.mu.Unlock()
			m.end(p)
			continue
		}
		p.removeLocked(e)
		p.mu.Unlock()
		switch who := who.(type) {
		case *loop.Parker:
			who.Unpark()
		case func(Handle):
			p.guard("a callback", func() { who(p.self) })
		}
	}
}

// guard calls a function of a user's and logs its panic.
func (p *core) guard(what string, fn func()) {
	defer func() {
		if v := recover(); v != nil {
			p.logger().Error().Str("pending", p.String()).Str("panic", fmt.Sprint(v)).
				Bytes("stack", debug.Stack()).Msg(what + " panicked")
		}
	}()
	fn()
}

// add puts somebody in line. It reports false when all have been served already.
func (p *core) add(who any) (*entry, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drained {
		return nil, false
	}
	return p.addLocked(who), true
}

func (p *core) addLocked(who any) *entry {
	e := &p.spare
	if p.spareTaken {
		e = new(entry)
	}
	p.spareTaken = true
	*e = entry{prev: p.last, who: who}
	if p.last == nil {
		p.first = e
	} else {
		p.last.next = e
	}
	p.last = e
	return e
}

// remove takes somebody out of line and reports whether it still was there.
func (p *core) remove(e *entry) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.who == nil {
		return false
	}
	p.removeLocked(e)
	return true
}

func (p *core) removeLocked(e *entry) {
	if e.prev == nil {
		p.first = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		p.last = e.prev
	} else {
		e.next.prev = e.prev
	}
	*e = entry{}
}

// AddDoneCallback has fn called with p once p is done, after those added before, on the goroutine that
// finishes p; when that has happened already, at once on the calling goroutine. Waiters are served in
// the same order. fn runs once; a panic in it is logged. remove takes it back and reports whether it
// did so before fn was called. Both may be called from anywhere and do not wait.
func (p *core) AddDoneCallback(fn func(Handle)) (remove func() bool) {
	if fn == nil {
		return func() bool { return false }
	}
	p.observe()
	e, ok := p.add(fn)
	if !ok {
		p.guard("a callback", func() { fn(p.self) })
		return func() bool { return false }
	}
	return func() bool { return p.remove(e) }
}

// observe is called when somebody begins to watch p by other means than a wait under p's own context:
// from now on the end of that context has to reach p without help.
func (p *core) observe() {
	if p.scheduled != nil {
		p.scheduled.link()
	}
}

// logger is that of the loop that p's context belongs to.
func (p *core) logger() *zerolog.Logger {
	if l, ok := p.ctx.Value(loop.ContextKey{}).(*loop.Loop); ok {
		return l.Logger()
	}
	log := loop.DefaultLogger()
	return &log
}
