package main

import (
	"context"
	"runtime"

	"github.com/pinion-go/pinion/bench/internal/measure"
)

// toThread compares a round trip to a worker of a caller that has one idle with what else runs a function beside
// the goroutine that waits for it.
func toThread(cfg measure.Config) ([]measure.Row, error) {
	lanes := []measure.Lane{workerLane(), newPinnedLane("a new pinned goroutine", false), newPinnedLane("a new pinned goroutine, unpinned again", true)}
	for _, w := range append(chanWays(), poolWays()...) {
		lanes = append(lanes, doLane(w, 1))
	}
	return measure.Race(cfg, lanes)
}

func workerLane() measure.Lane {
	background := context.Background()
	c := newCaller()
	l := measure.Lane{Name: "ToThread and Wait", Pinned: "yes", Ours: true, Stop: callerContender{c}.stop}
	return countLane(l, 1, func(n int, fn func()) error {
		call := func(context.Context) error { fn(); return nil }
		for range n {
			if _, err := c.ToThread(background, call).Wait(background); err != nil {
				return err
			}
		}
		return nil
	})
}

// newPinnedLane starts a goroutine for each function. Its thread ends with it, or goes back to the runtime if it
// is unpinned: then it must be as it was.
func newPinnedLane(name string, unpin bool) measure.Lane {
	l := measure.Lane{Name: name, Pinned: "a new one", Stop: func() {}}
	return countLane(l, 1, func(n int, fn func()) error {
		for range n {
			done := make(chan struct{})
			go func() {
				runtime.LockOSThread()
				fn()
				close(done)
				if unpin {
					runtime.UnlockOSThread()
				}
			}()
			<-done
		}
		return nil
	})
}
