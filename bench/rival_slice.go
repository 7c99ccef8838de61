package main

import "sync"

// sliceContender is the strongest of the hand-written rivals: a mutex around a slice, which the pinned
// goroutine swaps for an empty one and runs without the lock. Two arrays are used in turn, so nothing
// is allocated once they have grown, and only a goroutine that sleeps is woken.
type sliceContender struct {
	mu       sync.Mutex
	calls    []func()
	sleeping bool
	closed   bool

	wake  chan struct{}
	done  pooledDone
	ended <-chan struct{}
}

func openSlice() contender {
	c := &sliceContender{wake: make(chan struct{}, 1)}
	c.ended = pinnedGoroutine(c.run)
	return c
}

func (c *sliceContender) run() {
	var spare []func()
	for {
		c.mu.Lock()
		if len(c.calls) == 0 {
			if c.closed {
				c.mu.Unlock()
				return
			}
			c.sleeping = true
			c.mu.Unlock()
			<-c.wake
			continue
		}
		batch := c.calls
		c.calls = spare
		c.mu.Unlock()
		for i, fn := range batch {
			batch[i] = nil // or the array keeps alive what fn refers to
			fn()
		}
		spare = batch[:0]
	}
}

func (c *sliceContender) post(fn func()) {
	c.mu.Lock()
	c.calls = append(c.calls, fn)
	c.unlockAndWake()
}

func (c *sliceContender) unlockAndWake() {
	wake := c.sleeping
	c.sleeping = false
	c.mu.Unlock()
	if wake {
		c.wake <- struct{}{} // the slot is free: one send for each time it fell asleep
	}
}

func (c *sliceContender) do(fn func()) { c.done.do(c, fn) }

func (c *sliceContender) stop() {
	c.mu.Lock()
	c.closed = true
	c.unlockAndWake()
	<-c.ended
}
