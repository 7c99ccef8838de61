package loop

import (
	"math"
	"slices"
	"sync"
	"time"
)

// Timer is a call that waits for its time.
type Timer struct {
	loop *Loop
	call Call
	co   *coroutine // instead of call: a suspended call to resume
	when int64      // loop time
	seq  uint64     // orders equal times by submission, guarded by timers.mu; 0: it is not waiting
}

// Stop takes the timer back. It reports whether it did so: false says that the call has been started,
// was stopped before, or was dropped with the loop. Any goroutine may call it; it does not block.
func (t *Timer) Stop() bool { return t.loop.timers.remove(t) }

// PostDelayed posts fn to run once d has passed, counted from now; never earlier. Any goroutine may
// call it, and it returns at once. d of zero or less is due at once, but behind timers that are due
// already; equal times run in the order of submission. Timers do not count for WithMailboxLimit.
// Errors: ErrStopped, ErrNilFunc. Timers that are not due when the loop stops are dropped.
func (l *Loop) PostDelayed(d time.Duration, fn func()) (*Timer, error) {
	if fn == nil {
		return nil, ErrNilFunc
	}
	return l.SubmitDelayed(d, funcCall(fn))
}

// SubmitDelayed is PostDelayed for a Call.
func (l *Loop) SubmitDelayed(d time.Duration, c Call) (*Timer, error) {
	if l.refusing.Load() {
		return nil, ErrStopped
	}
	t := &Timer{loop: l, call: c}
	if err := l.arm(t, d); err != nil {
		return nil, err
	}
	return t, nil
}

func (l *Loop) arm(t *Timer, d time.Duration) error {
	t.when = l.now() + int64(max(d, 0))
	if t.when < 0 { // past the end of time
		t.when = math.MaxInt64 - 1
	}
	first, ok := l.timers.add(t)
	if !ok {
		return ErrStopped
	}
	if first {
		l.Wake()
	}
	return nil
}

// timers is a heap with four children a node, ordered by time and then by submission. Times are kept
// beside the pointers, so that sifting touches the slice alone. A timer that is stopped stays there as stale
// until it comes first or every other one is, as with those of the Go runtime: many are stopped, few ever
// fire, and thousands at once when a group is cancelled.
type timers struct {
	mu       sync.Mutex
	heap     []timerSlot
	stale    int
	closed   bool
	seq      atomicUint64 // of the last that was armed
	earliest atomicInt64  // never when empty; lets the driver look without the lock; may be that of a stale one
}

type timerSlot struct {
	when int64
	seq  uint64
	t    *Timer
}

const (
	never    = math.MaxInt64
	fewStale = 64 // are not worth the work
)

func (s timerSlot) before(o timerSlot) bool {
	return s.when < o.when || s.when == o.when && s.seq < o.seq
}

func (s timerSlot) live() bool { return s.t.seq == s.seq }

func (h *timers) due(now int64) bool { return h.earliest.Load() <= now }

// dueOf reports whether one of the timers up to seq is due.
func (h *timers) dueOf(seq uint64, now int64) bool {
	if !h.due(now) {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.prune()
	return len(h.heap) > 0 && h.heap[0].when <= now && h.heap[0].seq <= seq
}

// next returns when the first timer is due, or never.
func (h *timers) next() int64 {
	if h.earliest.Load() == never {
		return never
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.prune()
	return h.earliest.Load()
}

// len returns how many timers wait.
func (h *timers) len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.heap) - h.stale
}

// add puts t in and reports whether it is the first to come; ok is false once the loop has stopped.
func (h *timers) add(t *Timer) (first, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false, false
	}
	if t.seq != 0 { // a context that panicked has kept Sleep from stopping it
		h.stale++
	}
	t.seq = h.seq.Inc()
	s := timerSlot{t.when, t.seq, t}
	h.heap = append(h.heap, s)
	i := len(h.heap) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !s.before(h.heap[parent]) {
			break
		}
		h.heap[i] = h.heap[parent]
		i = parent
	}
	h.heap[i] = s
	if i == 0 {
		h.earliest.Store(t.when)
	}
	return i == 0, true
}

func (h *timers) remove(t *Timer) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t.seq == 0 {
		return false
	}
	t.seq, t.call = 0, nil
	h.stale++
	if h.stale > fewStale && h.stale > len(h.heap)/2 {
		h.sweep()
	}
	return true
}

// pop takes the first timer if it is due, and returns what it has to run. A suspended call that has
// been woken in the meantime is passed over.
func (h *timers) pop(now int64) Call {
	for h.due(now) {
		h.mu.Lock()
		h.prune()
		if len(h.heap) == 0 || h.heap[0].when > now {
			h.mu.Unlock()
			continue
		}
		t := h.take()
		h.publish()
		h.mu.Unlock()
		if t.co == nil {
			return t.call
		}
		if t.co.parker.state.CompareAndSwap(parkWaiting, parkEmpty) {
			return t.co
		}
		t.co.parker.Unpark()
	}
	return nil
}

// close refuses further timers and returns the calls of those that are left, in order.
func (h *timers) close() (calls []Call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for h.prune(); len(h.heap) > 0; h.prune() {
		if t := h.take(); t.co == nil {
			calls = append(calls, t.call)
		}
	}
	return calls
}

// prune makes the first timer one that waits.
func (h *timers) prune() {
	for len(h.heap) > 0 && !h.heap[0].live() {
		h.stale--
		h.drop()
	}
	h.publish()
}

// sweep drops what is stale.
func (h *timers) sweep() {
	h.heap = slices.DeleteFunc(h.heap, func(s timerSlot) bool { return !s.live() })
	h.stale = 0
	for i := len(h.heap) / 4; i >= 0; i-- {
		h.down(i)
	}
}

// publish lets it be seen without the lock when the first timer is due.
func (h *timers) publish() {
	earliest := int64(never)
	if len(h.heap) > 0 {
		earliest = h.heap[0].when
	}
	if earliest != h.earliest.Load() {
		h.earliest.Store(earliest)
	}
}

// take takes the first timer, which waits.
func (h *timers) take() *Timer {
	t := h.heap[0].t
	t.seq = 0
	h.drop()
	return t
}

// drop takes the first slot out.
func (h *timers) drop() {
	last := len(h.heap) - 1
	h.heap[0] = h.heap[last]
	h.heap[last] = timerSlot{}
	h.heap = h.heap[:last]
	h.down(0)
}

// down brings the slot i to its place among those below it.
func (h *timers) down(i int) {
	if i >= len(h.heap) {
		return
	}
	s := h.heap[i]
	for {
		least, end := 4*i+1, min(4*i+5, len(h.heap))
		if least >= end {
			break
		}
		for c := least + 1; c < end; c++ {
			if h.heap[c].before(h.heap[least]) {
				least = c
			}
		}
		if !h.heap[least].before(s) {
			break
		}
		h.heap[i] = h.heap[least]
		i = least
	}
	h.heap[i] = s
}
