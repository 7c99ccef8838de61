package caller

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// worker is a Caller in its parent's pool.
type worker struct {
	pool   *workers
	number int
	place  pending.Place
	caller *Caller

	// Guarded by pool.mu:
	state     workerState
	idleSince uint64 // how many sweeps there had been when it became idle
}

type workerState int

const (
	busy workerState = iota // has been given a call
	over                    // its call is done; it is free once nothing is left of that
	idle                    // in the pool's list
	gone                    // told to stop by the pool
)

// start makes the worker's caller, which has no thread yet and accepts calls.
func (k *worker) start() (err error) {
	parent := k.pool.owner
	k.caller, err = create(context.Background(), config{
		name:     fmt.Sprintf("%s/worker-%d", parent.Name(), k.number),
		parent:   parent,
		thread:   true,
		slowCall: new(time.Duration), // it is there to be held up
		worker:   k,
	})
	if err == nil {
		k.place = pending.Place{Loop: k.caller.loop, Ended: k.ended}
	}
	return err
}

// run gives t to a worker that is busy with nothing else. It reports false when that is about to stop.
func (k *worker) run(t *pending.Prepared) bool {
	isNew := k.caller == nil
	if isNew {
		if k.start() != nil { // the owner stops
			k.pool.forget()
			t.Abort(loop.ErrStopped)
			return true
		}
	}
	taken, err := t.On(&k.place)
	if isNew {
		k.caller.launch()
	}
	if !taken {
		k.release(false)
	}
	return err == nil
}

// ended is called when a call that the worker was given is about to be done, under the lock of its Pending:
// whoever sees that it is done finds the worker free, if nothing is left of the call.
func (k *worker) ended(t *pending.Prepared) { k.release(t.Over() && k.quiet()) }

// release frees the worker: at once, or when nothing is left for it to do.
func (k *worker) release(now bool) {
	w := k.pool
	w.mu.Lock()
	kept := false
	if k.state != gone {
		k.state = over
		kept = now && w.keepLocked(k)
	}
	w.mu.Unlock()
	if kept {
		w.tellOwner()
	} else {
		k.caller.loop.WhenIdle(k.rest)
	}
}

// quiet reports whether nothing is left of what calls have started on the worker.
func (k *worker) quiet() bool {
	return k.caller.loop.Idle() && !k.caller.hasGuests() && !k.caller.workers.active()
}

// rest is called on the worker's thread when its loop is idle. The worker takes the next call from the queue,
// becomes idle or, if there are enough that are, stops.
func (k *worker) rest() {
	if k.caller.State() >= Stopping {
		return // lost does what is left; a call that it took now would be refused, over and over
	}
	if !k.quiet() { // a guest's end, or a worker's of its own, makes the loop call again
		if !k.caller.loop.Idle() {
			k.caller.loop.WhenIdle(k.rest)
		}
		return
	}
	switch t, state := k.pool.settle(k); {
	case t != nil && !k.run(t):
		k.pool.submit(t, true)
	case state == idle:
		k.pool.tellOwner()
	case state == gone:
		k.caller.Stop(true)
	}
}

// restAgain is called when something has ended that may be the last that a worker was waiting for.
func (c *Caller) restAgain() {
	if k := c.cfg.worker; k != nil {
		c.loop.WhenIdle(k.rest)
	}
}

// settle decides what becomes of a worker that is free.
func (w *workers) settle(k *worker) (next *pending.Prepared, state workerState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if k.state != over {
		return nil, busy
	}
	if next = w.nextLocked(); next != nil {
		k.state = busy
	} else if !w.keepLocked(k) {
		k.state = gone
	}
	return next, k.state
}

// lost is called when the worker has stopped. The call whose turn it is gets another, and the owner does not
// stop before it has it; the calls of an owner that is stopping are left to that.
func (k *worker) lost() {
	w := k.pool
	stays := w.owner.stay()
	if stays {
		defer w.owner.othersLeft.Done()
	}
	w.mu.Lock()
	w.live--
	if k.state == idle {
		w.idle = slices.DeleteFunc(w.idle, func(o *worker) bool { return o == k })
	}
	k.state = gone
	var next *pending.Prepared
	var other *worker
	if stays {
		next = w.nextLocked()
	}
	if next != nil {
		other = w.addLocked()
	}
	w.mu.Unlock()
	w.tellOwner()
	if next != nil && !other.run(next) {
		w.submit(next, true)
	}
}

// stay keeps the caller from having stopped until othersLeft.Done, unless it is being stopped already.
func (c *Caller) stay() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state >= Stopping {
		return false
	}
	c.othersLeft.Add(1)
	return true
}

// forget takes back addLocked.
func (w *workers) forget() {
	w.mu.Lock()
	w.live--
	w.mu.Unlock()
}

// active reports whether a worker is not idle.
func (w *workers) active() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.live > len(w.idle)
}

// tellOwner lets an owner that is a worker itself know that none of its own workers has anything to do.
func (w *workers) tellOwner() {
	if w.owner.cfg.worker != nil && !w.active() {
		w.owner.restAgain()
	}
}
