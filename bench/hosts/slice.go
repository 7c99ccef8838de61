package main

import "sync"

// slice is the way that is written by hand: a mutex around a slice, which the toolkit's thread swaps for an empty one
// and runs without the lock until nothing is left. The thread is woken only if it has found the slice empty since,
// unless that is to be done for every post, as is often seen.
type slice struct {
	wake  func() // has the thread call drain
	every bool

	mu    sync.Mutex
	calls []func()
	woken bool

	spare []func() // the thread's
}

func (s *slice) post(fn func()) {
	s.mu.Lock()
	s.calls = append(s.calls, fn)
	wake := s.every || !s.woken
	s.woken = true
	s.mu.Unlock()
	if wake {
		s.wake()
	}
}

func (s *slice) drain() {
	for {
		s.mu.Lock()
		batch := s.calls
		if len(batch) == 0 {
			s.woken = false
			s.mu.Unlock()
			return
		}
		s.calls = s.spare
		s.mu.Unlock()
		for i, fn := range batch {
			batch[i] = nil // or the array keeps alive what fn refers to
			fn()
		}
		s.spare = batch[:0]
	}
}

// loop is the way in a loop of its own, for toolkits that have none: wait returns when something has happened.
// It runs on the thread of post, another way, which gets the thread back between turns.
func (s *slice) loop(name string, wait func(), post func(fn func())) way {
	return way{name: name, post: s.post, during: func(turn func()) {
		over, ended := false, make(chan struct{})
		post(func() {
			defer close(ended)
			for s.drain(); !over; s.drain() { // first: the thread may have heeded a wake before
				wait()
			}
		})
		turn()
		s.post(func() { over = true })
		<-ended
	}}
}
