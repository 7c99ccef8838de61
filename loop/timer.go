package loop

import (
	"math"
	"sync"
	"time"
)

// Timer is a call that waits for its time.
type Timer struct {
	loop *Loop
	call Call
	co   *coroutine // instead of call: a suspended call to resume
	when int64      // loop time
	id   int        // in timers.places, guarded by timers.mu; 0: not there
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
// beside the pointers, and places apart from the timers, so that sifting touches these two slices alone.
type timers struct {
	mu       sync.Mutex
	heap     []timerSlot
	places   []int // of a timer in the heap, by id; of an id that is free, which one is free after it
	free     int   // the first id that is free; 0: none
	seq      uint64
	closed   bool
	earliest atomicInt64 // never when empty; lets the driver look without the lock
	size     atomicInt64
	armed    atomicUint64 // seq
}

type timerSlot struct {
	when int64
	seq  uint64
	t    *Timer
	id   int
}

const never = math.MaxInt64

func (s timerSlot) before(o timerSlot) bool {
	return s.when < o.when || s.when == o.when && s.seq < o.seq
}

func (h *timers) due(now int64) bool { return h.earliest.Load() <= now }

// dueOf reports whether one of the timers up to seq is due.
func (h *timers) dueOf(seq uint64, now int64) bool {
	if !h.due(now) {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.heap) > 0 && h.heap[0].when <= now && h.heap[0].seq <= seq
}

// add puts t in and reports whether it is the first to come; ok is false once the loop has stopped.
func (h *timers) add(t *Timer) (first, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false, false
	}
	h.seq++
	t.id = h.takeID()
	h.heap = append(h.heap, timerSlot{})
	h.up(len(h.heap)-1, timerSlot{t.when, h.seq, t, t.id})
	h.changed()
	return h.places[t.id] == 0, true
}

func (h *timers) takeID() (id int) {
	if id = h.free; id != 0 {
		h.free = h.places[id]
		return id
	}
	if len(h.places) == 0 {
		h.places = append(h.places, 0) // 0 is no id
	}
	h.places = append(h.places, 0)
	return len(h.places) - 1
}

func (h *timers) remove(t *Timer) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t.id == 0 {
		return false
	}
	h.take(h.places[t.id])
	h.changed()
	return true
}

// pop takes the first timer if it is due, and returns what it has to run. A suspended call that has
// been woken in the meantime is passed over.
func (h *timers) pop(now int64) Call {
	for h.due(now) {
		h.mu.Lock()
		if len(h.heap) == 0 || h.heap[0].when > now {
			h.mu.Unlock()
			continue
		}
		t := h.heap[0].t
		h.take(0)
		h.changed()
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
	for len(h.heap) > 0 {
		t := h.heap[0].t
		h.take(0)
		if t.co == nil {
			calls = append(calls, t.call)
		}
	}
	h.changed()
	return calls
}

// changed publishes what can be read without the lock.
func (h *timers) changed() {
	earliest := int64(never)
	if len(h.heap) > 0 {
		earliest = h.heap[0].when
	}
	if earliest != h.earliest.Load() {
		h.earliest.Store(earliest)
	}
	h.size.Store(int64(len(h.heap)))
	h.armed.Store(h.seq)
}

func (h *timers) put(i int, s timerSlot) {
	h.heap[i] = s
	h.places[s.id] = i
}

func (h *timers) up(i int, s timerSlot) {
	for i > 0 {
		parent := (i - 1) / 4
		if !s.before(h.heap[parent]) {
			break
		}
		h.put(i, h.heap[parent])
		i = parent
	}
	h.put(i, s)
}

func (h *timers) take(i int) {
	id := h.heap[i].id
	h.heap[i].t.id = 0
	h.places[id], h.free = h.free, id
	n := len(h.heap) - 1
	s := h.heap[n]
	h.heap[n] = timerSlot{}
	h.heap = h.heap[:n]
	if i == n {
		return
	}
	if i > 0 && s.before(h.heap[(i-1)/4]) {
		h.up(i, s)
		return
	}
	for {
		least, end := 4*i+1, min(4*i+5, n)
		if least >= n {
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
		h.put(i, h.heap[least])
		i = least
	}
	h.put(i, s)
}
