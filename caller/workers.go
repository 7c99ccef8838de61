package caller

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// ToThread has fn called on a worker's thread, where it may block as long as it likes, and returns its result
// to come, without waiting. It may be called from anywhere, at any time. Otherwise it is as with CallSoon, but for
// the mailbox limit, which does not count here.
//
// A worker is a child of c with a pinned thread of its own, kept for reuse: the one idle longest is taken,
// and a new one is made where none is idle. In fn, Current is the worker and its Parent is c. A worker is free
// for the next call when the Pending is done, which for a cancelled one is when fn has returned, and nothing
// is left of what fn has started on the worker. WithMaxIdleWorkers, WithIdleTimeout and WithMaxWorkers
// set how many there are; past the last, calls wait in the order of submission, and one that waits
// is cancelled at once when it is cancelled, when ctx ends and when c is told to stop.
//
// ToThread inside fn, on Current, uses workers of the worker: they are children of it and stop with it, and a
// limit of c's workers is theirs anew, so that a call that waits for another never keeps it from its turn.
func ToThread[T any](ctx context.Context, c *Caller, fn func(context.Context) (T, error)) *pending.Pending[T] {
	return schedule(ctx, c, callConfig{where: inWorker}, fn)
}

// ToThread is the function ToThread for a call without a result.
func (c *Caller) ToThread(ctx context.Context, fn func(context.Context) error) *pending.Pending[pending.None] {
	return ToThread(ctx, c, noResult(fn))
}

// workers is the pool of ToThread.
//
// Ended of a place, and so ended and dropped, run under the lock of a Pending. Hence nothing that may use a
// Pending is done under mu, and nothing of a user's.
type workers struct {
	owner   *Caller
	waiting pending.Place // of calls that are in no worker's hands
	maxIdle int
	max     int           // 0: no limit
	tick    time.Duration // between two sweeps; 0: none

	mu     sync.Mutex
	closed bool
	made   int
	live   int                 // workers that have not stopped
	idle   []*worker           // the one idle longest first
	queue  []*pending.Prepared // calls that wait for one of max workers
	dead   int                 // how many of them, about, need no worker any more
	sweeps uint64
	armed  bool // the timer runs; it is not stopped when idle becomes empty, and finds nothing then
	timer  *time.Timer
}

// sweepsIdle is how many sweeps a worker has to have seen idle for at least the time limit, at half of that
// between two of them. It is stopped when one and a half of it have passed at the latest.
const sweepsIdle = 3

func (w *workers) init(owner *Caller) {
	cfg := &owner.cfg
	w.owner, w.waiting.Ended = owner, w.dropped
	w.maxIdle, w.max = valueOr(cfg.maxIdle, 10), valueOr(cfg.maxWorkers, 0)
	if timeout := valueOr(cfg.idleTimeout, time.Minute); timeout > 0 {
		w.tick = timeout - timeout/2
	}
}

// submit finds a worker for t, or has it wait, at first before those that wait already.
func (w *workers) submit(t *pending.Prepared, first bool) {
	for ; !t.Over(); first = true {
		k, err := w.pick(t, first)
		switch {
		case err != nil:
			t.Abort(err)
		case k == nil:
			t.Link()
			return
		case k.run(t):
			return
		}
	}
}

// pick returns a worker for t. Without an error or a worker, t has been queued.
func (w *workers) pick(t *pending.Prepared, first bool) (*worker, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return nil, loop.ErrStopped
	case len(w.idle) > 0:
		k := w.idle[0]
		w.idle = slices.Delete(w.idle, 0, 1)
		k.state = busy
		return k, nil
	case w.max == 0 || w.live < w.max: // the queue is empty, since who leaves a place to fill has taken from it
		return w.addLocked(), nil
	case first:
		w.queue = slices.Insert(w.queue, 0, t)
	default:
		w.queue = append(w.queue, t)
	}
	return nil, nil
}

// addLocked makes a worker that is yet to be started.
func (w *workers) addLocked() *worker {
	w.live++
	w.made++
	return &worker{pool: w, number: w.made}
}

// nextLocked takes the next call from the queue, nil if there is none.
func (w *workers) nextLocked() *pending.Prepared {
	for len(w.queue) > 0 {
		t := w.queue[0]
		w.queue[0] = nil
		if w.queue = w.queue[1:]; !t.Over() {
			return t
		}
	}
	w.queue, w.dead = nil, 0
	return nil
}

// dropped is called when a call ends that no worker has; it is in the queue, or has not come there yet.
func (w *workers) dropped(*pending.Prepared) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead++; w.dead*2 > len(w.queue) {
		w.queue = slices.DeleteFunc(w.queue, (*pending.Prepared).Over)
		w.dead = 0
	}
}

// keepLocked makes k idle if there is room for it and nothing to do.
func (w *workers) keepLocked(k *worker) bool {
	if w.closed || len(w.queue) > 0 || len(w.idle) >= w.maxIdle {
		return false
	}
	k.state, k.idleSince = idle, w.sweeps
	w.idle = append(w.idle, k)
	w.armLocked()
	return true
}

// armLocked has the next sweep come if there is something to sweep.
func (w *workers) armLocked() {
	switch {
	case w.armed || w.tick == 0 || len(w.idle) == 0:
		return
	case w.timer == nil:
		w.timer = time.AfterFunc(w.tick, w.sweep)
	default:
		w.timer.Reset(w.tick)
	}
	w.armed = true
}

// sweep stops the workers that have been idle for too long.
func (w *workers) sweep() {
	w.mu.Lock()
	w.armed = false
	if w.closed {
		w.mu.Unlock()
		return
	}
	w.sweeps++
	n := 0
	for n < len(w.idle) && w.idle[n].idleSince+sweepsIdle <= w.sweeps {
		w.idle[n].state = gone
		n++
	}
	expired := slices.Clone(w.idle[:n])
	w.idle = slices.Delete(w.idle, 0, n)
	w.armLocked()
	w.mu.Unlock()
	for _, k := range expired {
		defer k.caller.Stop(true) // each of them, even if a callback calls runtime.Goexit
	}
}

// close ends the calls in the queue.
func (w *workers) close() {
	w.mu.Lock()
	w.closed = true
	if w.timer != nil {
		w.timer.Stop()
	}
	w.mu.Unlock()
	w.abortQueue()
}

// abortQueue ends each call in the queue even if a callback of one calls runtime.Goexit.
func (w *workers) abortQueue() {
	through := false
	defer func() {
		if !through {
			w.abortQueue()
		}
	}()
	for {
		w.mu.Lock()
		t := w.nextLocked()
		w.mu.Unlock()
		if t == nil {
			break
		}
		t.Abort(loop.ErrStopped)
	}
	through = true
}
