package caller

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/queue"
)

// serial is the queue of one Func on one caller.
//
// For each argument that is queued it is handed to the loop once, as a Call: a turn. In its turn the oldest
// argument is taken, unless another is in progress: then the turn is saved up, and whoever ends that call hands
// the queue to the loop again. So there are always as many turns, in the mailbox or saved up, as arguments.
//
// It is closed when its Pending has been cancelled. Then the Pending is ended at once if the queue is at rest,
// and otherwise by the call in progress or the next turn.
//
// Who may touch what: the fields from fn to over are guarded by the loop's lock, under which turns are handed over
// too; those from begun on belong to the loop's thread. fn is also read there without the lock while the queue is
// not at rest, when nobody else writes it.
type serial[A any] struct {
	caller  *Caller
	untyped untyped
	name    string
	limit   int
	segment int             // in arguments
	ctx     context.Context // of all calls
	pending *pending.Pending[pending.None]
	cleanup runtime.Cleanup

	fn     *queue.Func[A] // nil at rest, with nothing queued and nothing in progress: then it can be collected
	full   [][]A          // arguments, before those of in
	in     []A
	queued int32 // arguments so far, modulo its size
	over   bool  // shut

	_     [64]byte     // what the loop writes stays off the producers' cache lines
	begun atomic.Int32 // arguments taken from out so far; only kept when there is a limit
	more  [][]A        // arguments, after those of out
	out   []A          // what was in in; next is out[pos]
	pos   int
	busy  bool // a call is in progress
	arg   A    // its argument
	saved int  // turns
}

// segment is how large an array of arguments may become, in bytes: it is made, and copied, under the loop's lock.
const segment = 1 << 15

// push adds an argument and a turn in one step. open is false when the queue has been closed.
func (s *serial[A]) push(f *queue.Func[A], arg A) (open bool, err error) {
	s.caller.loop.Lock()
	switch {
	case s.closed():
		s.caller.loop.Unlock()
		return false, nil
	case s.limit > 0 && int(s.queued-s.begun.Load()) >= s.limit:
		s.caller.loop.Unlock()
		return true, s.isFull()
	}
	wake, err := s.caller.loop.Enqueue(s)
	if err == nil {
		s.addLocked(arg)
		if s.fn == nil {
			s.fn = f
		}
	}
	s.caller.loop.Unlock()
	if wake {
		s.caller.loop.Rouse()
	}
	return true, err
}

func (s *serial[A]) addLocked(arg A) {
	if len(s.in) >= s.segment {
		s.full = append(s.full, s.in)
		s.in = make([]A, 0, s.segment)
	}
	s.in = append(s.in, arg)
	s.queued++
}

func (s *serial[A]) isFull() error {
	return fmt.Errorf("%w: %d calls of %s queued on caller %q; wait for some of them, or raise WithMailboxLimit",
		loop.ErrMailboxFull, s.limit, s.name, s.caller.Name())
}

// Run is a turn.
func (s *serial[A]) Run() {
	switch {
	case s.busy:
		s.saved++
	case s.closed():
		s.end()
	default:
		s.busy = true
		var err error
		if s.next() {
			err = s.fn.Function()(s.ctx, s.arg)
		}
		s.finish(err)
	}
}

// next takes the oldest argument. There is none when the queue has just been closed.
func (s *serial[A]) next() bool {
	if s.used() {
		s.caller.loop.Lock()
		s.takeLocked()
		s.caller.loop.Unlock()
	}
	if s.pos == len(s.out) {
		return false
	}
	s.arg = s.out[s.pos]
	clear(s.out[s.pos : s.pos+1])
	s.pos++
	if s.limit > 0 {
		s.begun.Inc()
	}
	return true
}

// used reports whether all that has been fetched has been taken.
func (s *serial[A]) used() bool {
	if s.pos == len(s.out) && len(s.more) > 0 {
		s.out, s.more, s.pos = s.more[0], s.more[1:], 0
	}
	return s.pos == len(s.out)
}

// takeLocked fetches what has been queued, or as much of it as comes before in.
func (s *serial[A]) takeLocked() {
	if len(s.full) > 0 {
		s.more, s.full = s.full, nil
		s.used()
	} else {
		s.out, s.in, s.pos = s.in, s.out[:0], 0
	}
}

// finish ends the call in progress.
func (s *serial[A]) finish(err error) {
	if err != nil {
		s.report(err)
	}
	var none A
	s.busy, s.arg = false, none
	switch {
	case s.closed():
		s.end()
	case s.used() && s.rest():
	case s.saved > 0:
		s.saved--
		s.caller.loop.Continue(s)
	}
}

// rest puts the queue to rest if it is empty, and fetches what has been queued if it is not.
func (s *serial[A]) rest() bool {
	s.caller.loop.Lock()
	if s.over {
		s.caller.loop.Unlock()
		s.end()
		return true
	}
	defer s.caller.loop.Unlock()
	if len(s.in) > 0 {
		s.takeLocked()
		return false
	}
	s.fn = nil
	return true
}

// end is the last of a closed queue.
func (s *serial[A]) end() {
	s.out, s.more, s.pos = nil, nil, 0
	s.caller.loop.Lock()
	s.fn, s.full, s.in = nil, nil, nil
	s.caller.loop.Unlock()
	s.pending.SetResult(pending.None{})
}

// report logs that the call in progress has failed, unless it has because the queue is closed.
func (s *serial[A]) report(err error) {
	if s.ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, loop.ErrStopped)) {
		return
	}
	event := s.caller.loop.Logger().Error().Err(err).Str("caller", s.caller.Name()).
		Str("func", s.name).Str("argument", fmt.Sprintf("%+v", s.arg))
	if p, ok := errors.AsType[*pending.PanicError](err); ok {
		event = event.Bytes("stack", p.Stack)
	}
	event.Msg("a queued call failed")
}

// Abort ends a call that panicked or called runtime.Goexit, or the queue, when the loop has dropped one of its
// turns.
func (s *serial[A]) Abort(err error) (told bool) {
	switch {
	case err == loop.ErrStopped:
		s.close("the caller stops", err)
		if !s.busy {
			s.end()
		}
	case s.busy:
		s.finish(err)
	default:
		return false
	}
	return true
}

// Whole returns the Pending of the queue.
func (s *serial[A]) Whole() pending.Handle { return s.pending }

// close closes the queue: from the moment that its Pending is cancelled nothing is queued any more.
func (s *serial[A]) close(msg string, cause error) { s.pending.CancelCause(msg, cause) }

// closed reports whether the queue has been closed: its Pending is cancelled, or somebody has given it an outcome.
func (s *serial[A]) closed() bool { return s.pending.Cancelled() || s.pending.IsDone() }

// shut is what follows once the queue is closed.
func (s *serial[A]) shut() {
	s.caller.loop.Lock()
	again, resting := s.over, s.fn == nil
	s.over, s.full, s.in = true, nil, nil
	s.caller.loop.Unlock()
	if again {
		return
	}
	s.caller.queues.Compute(s.untyped.id, func(q *untyped, _ bool) (*untyped, bool) { return q, q == nil || q == &s.untyped })
	s.caller.recent.CompareAndSwap(&s.untyped, nil)
	s.cleanup.Stop()
	if resting {
		s.pending.SetResult(pending.None{})
	}
}

var _ pending.Piece = (*serial[int])(nil)
