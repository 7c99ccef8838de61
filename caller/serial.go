package caller

import (
	"bytes"
	"context"
	"runtime"
	"unsafe"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/queue"
)

// QueueCall has f called with arg on c's thread, after the calls queued before for the same f and c: strictly in
// their order and one at a time, also when f waits. It returns at once and may be called from anywhere. It has
// its turn among the calls of CallSoon and CallDirect as they have theirs, and starts then unless a call before
// it is still in progress.
//
// The first call opens the queue, with one Pending for all of it, which QueueGet returns and CurrentPending is
// inside f. f's context has the values of the first call's ctx, without its trackers, and ends when the queue is
// closed; the end of ctx is of no concern to it. An error, a panic or runtime.Goexit of f is logged with the
// argument, and the queue goes on.
//
// The queue is closed by QueueClose, by cancelling its Pending or setting an outcome, when c is told to stop, and, once nothing is
// queued, when the garbage collector finds that nobody has f any more (not in a testing/synctest bubble, where
// the collector must not reach in). Giving up a wait for its Pending leaves it open. Errors: ErrNoCaller,
// loop.ErrNilFunc, loop.ErrStopped once c has been told to stop, and loop.ErrMailboxFull when WithMailboxLimit
// calls are queued on c, or for f.
func QueueCall[A any](ctx context.Context, c *Caller, f *queue.Func[A], arg A) error {
	switch {
	case c == nil:
		return ErrNoCaller
	case f.Function() == nil:
		return loop.ErrNilFunc
	}
	for s := findSerial(c, f); ; {
		if s != nil {
			if open, err := s.push(f, arg); open {
				return err
			}
		}
		var err error
		if s, err = openSerial(ctx, c, f); err != nil {
			return err
		}
	}
}

// QueueGet returns the Pending of the queue of f on c; ok is false when there is none, because nothing has been
// queued or because it has been closed. The Pending is done, as cancelled, when the queue has been closed and
// the call in progress has returned. QueueGet may be called from anywhere and does not wait.
func QueueGet[A any](c *Caller, f *queue.Func[A]) (p *pending.Pending[pending.None], ok bool) {
	if s := serialOf(c, f); s != nil {
		return s.pending, true
	}
	return nil, false
}

// QueueClose closes the queue of f on c, if there is one: the context of the call in progress ends, and what
// waits behind it is dropped. A QueueCall after that opens a new queue, which does not wait for the end of
// that call. QueueClose may be called from anywhere and does not wait; cancelling the Pending of the queue is
// the same.
func QueueClose[A any](c *Caller, f *queue.Func[A]) {
	if s := serialOf(c, f); s != nil {
		s.close("QueueClose", nil)
	}
}

// serialOf returns the queue of f on c, or nil when there is none that is open.
func serialOf[A any](c *Caller, f *queue.Func[A]) *serial[A] {
	if c == nil || f.Function() == nil {
		return nil
	}
	if s := findSerial(c, f); s != nil && !s.closed() {
		return s
	}
	return nil
}

// findSerial is serialOf, and may find a queue that has been closed. So may recent: whoever looks one up may be late
// to note it there, when that has been closed and another opened.
func findSerial[A any](c *Caller, f *queue.Func[A]) *serial[A] {
	found := c.recent.Load()
	if found == nil || found.id != f.ID() || found.queue.closed() {
		if found, _ = c.queues.Load(f.ID()); found == nil {
			return nil
		}
		c.recent.Store(found)
	}
	s, _ := found.queue.(*serial[A])
	return s
}

// openSerial is serialOf, and makes the queue if there is none.
func openSerial[A any](ctx context.Context, c *Caller, f *queue.Func[A]) (*serial[A], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state >= Stopping {
		return nil, loop.ErrStopped
	}
	s := serialOf(c, f)
	if s == nil {
		s = newSerial(ctx, c, f)
		c.queues.Store(f.ID(), &s.untyped)
		c.recent.Store(&s.untyped)
	}
	return s, nil
}

func newSerial[A any](ctx context.Context, c *Caller, f *queue.Func[A]) *serial[A] {
	if ctx == nil {
		ctx = context.Background()
	}
	var arg A
	s := &serial[A]{caller: c, name: f.Name(), segment: max(64, segment/max(1, int(unsafe.Sizeof(arg))))}
	s.untyped = untyped{id: f.ID(), queue: s}
	if c.cfg.limit != nil {
		s.limit = *c.cfg.limit
	}
	ctx = pending.WithTrackers(pending.Detached(ctx))
	s.pending, s.ctx = pending.Open[pending.None](ctx, c.loop, f.Function(), func(string) { s.shut() }, pending.WithProtection())
	s.pending.AddDoneCallback(func(pending.Handle) { s.shut() }) // when it has been given an outcome
	if !inBubble() {
		s.cleanup = runtime.AddCleanup(f, func(s *serial[A]) {
			go s.close("its Func has been collected", nil) // callbacks must not hold up other cleanups
		}, s)
	}
	return s
}

// inBubble reports whether the goroutine is in a testing/synctest bubble. Cleanups run outside, and a channel of
// a bubble that is touched from there ends the process.
func inBubble() bool {
	var buf [128]byte
	header, _, _ := bytes.Cut(buf[:runtime.Stack(buf[:], false)], []byte("\n"))
	return bytes.Contains(header, []byte("synctest bubble"))
}

// untyped is a queue without the type of its arguments.
type untyped struct {
	id    uint64 // of its Func
	queue interface {
		close(msg string, cause error)
		closed() bool
	}
}

// closeQueues closes all queues of a caller that is told to stop, also when the callback of one's Pending calls
// runtime.Goexit.
func (c *Caller) closeQueues() {
	over := false
	defer func() {
		if !over {
			c.closeQueues()
		}
	}()
	c.queues.Range(func(_ uint64, q *untyped) bool {
		q.queue.close("the caller stops", loop.ErrStopped)
		return true
	})
	over = true
}
