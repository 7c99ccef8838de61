package main

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestPinned holds the tables' column to the truth: who is called pinned stays on one thread, also
// while other goroutines are about.
func TestPinned(t *testing.T) {
	for _, w := range append(postWays(), doWays()...) {
		if !w.pinned {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			c := w.open()
			defer c.stop()
			threads := make(map[int]int)
			spread(400, 4, func() { c.do(func() { threads[unix.Gettid()]++ }) })
			if len(threads) != 1 {
				t.Errorf("ran on threads %v", threads)
			}
		})
	}
}
