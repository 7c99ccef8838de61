package main

import (
	"fmt"

	"github.com/pinion-go/pinion/bench/internal/measure"
)

// burst is the most calls posted at once: enough that falling asleep at the end of a burst does not
// count, and not so many that the queue outgrows the caches of any machine.
const burst = 1 << 18

// postLane measures posts from so many producers. A call is paid for when it has run: the clock stops
// when the last one has.
func postLane(w way, producers int) measure.Lane {
	c := w.open()
	return drainLane(measure.Lane{Name: w.name, Pinned: w.pinnedText(), Ours: w.ours, Stop: c.stop}, producers, c.post)
}

// drainLane completes l with turns that post counted functions. The count is a plain variable:
// contenders run one function at a time, and the race detector sees it if one does not.
func drainLane(l measure.Lane, producers int, post func(fn func())) measure.Lane {
	var ran, want int
	drained := make(chan struct{}, 1)
	fn := func() {
		ran++
		if ran == want {
			drained <- struct{}{}
		}
	}
	l.Turn = measure.Timed(burst, func(n int) error {
		if ran != want {
			return fmt.Errorf("%d of %d calls ran", ran, want)
		}
		want += n
		spread(n, producers, func() { post(fn) })
		<-drained
		return nil
	})
	return l
}

// doLane measures round trips made by so many goroutines at once, in time per call.
func doLane(w way, goroutines int) measure.Lane {
	c := w.open()
	l := measure.Lane{Name: w.name, Pinned: w.pinnedText(), Ours: w.ours, Stop: c.stop}
	return countLane(l, 1, func(n int, fn func()) error {
		spread(n, goroutines, func() { c.do(fn) })
		return nil
	})
}

// countLane completes l with turns of n operations, each of which has to have called fn so many times
// when they are over.
func countLane(l measure.Lane, each int, do func(n int, fn func()) error) measure.Lane {
	var ran, want int
	fn := func() { ran++ }
	l.Turn = measure.Timed(burst, func(n int) error {
		want += n * each
		if err := do(n, fn); err != nil {
			return err
		}
		if ran != want {
			return fmt.Errorf("%d of %d calls ran", ran, want)
		}
		return nil
	})
	return l
}

func posts(producers int) func(measure.Config) ([]measure.Row, error) {
	return func(cfg measure.Config) ([]measure.Row, error) {
		var lanes []measure.Lane
		for _, w := range postWays() {
			lanes = append(lanes, postLane(w, producers))
		}
		return measure.Race(cfg, lanes)
	}
}

func dos(goroutines int) func(measure.Config) ([]measure.Row, error) {
	return func(cfg measure.Config) ([]measure.Row, error) {
		var lanes []measure.Lane
		for _, w := range doWays() {
			lanes = append(lanes, doLane(w, goroutines))
		}
		return measure.Race(cfg, lanes)
	}
}
