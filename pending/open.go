package pending

import (
	"context"

	"github.com/pinion-go/pinion/loop"
)

// Open makes a Pending for work that is done on l in pieces, by Calls of the package that asks, and the
// context for those pieces. The context is that of a running call: it belongs to l and to the Pending, and
// ends when the Pending is cancelled, when ctx ends, and when l stops. The Pending is done when somebody sets
// an outcome; Cancel is a request, of which canceller is told as with SetCanceller, once the context has ended. fn
// is the function that String names.
func Open[T any](ctx context.Context, l *loop.Loop, fn any, canceller func(msg string), opts ...Option) (*Pending[T], context.Context) {
	s := newScheduled[T](ctx, l, nil, false, nil, append(opts, func(p *core) { p.canceller = canceller }))
	t := &s.task
	t.pc, t.pieces = funcPC(fn), true
	t.state.CompareAndSwap(taskQueued, taskRunning) // unless a tracker has cancelled it
	s.AddDoneCallback(func(Handle) { t.over() })
	return &s.Pending, t
}

// Piece is a Call that does a part of the work of a Pending made by Open. A wait for that Pending in it is
// ErrDeadlock.
type Piece interface {
	loop.Call
	Whole() Handle
}

// runs reports whether c is what has to produce p.
func (p *core) runs(c loop.Call) bool {
	t := p.scheduled
	if t == nil || !t.pieces {
		return t != nil && c == loop.Call(t)
	}
	piece, ok := c.(Piece)
	return ok && piece.Whole() == p.self
}
