package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// config is how much to measure.
type config struct {
	rounds int
	slice  time.Duration // how long a contender runs in one round
	short  bool          // as little as shows that everything works
}

// count is n, or as much of it as a short run has time for.
func (c config) count(n int) int {
	if c.short {
		return n / 20
	}
	return n
}

// A lane is one contender in one workload.
type lane struct {
	name   string
	pinned string // what the tables say: yes, no, or - where there is no thread to be pinned to
	ours   bool
	turn   func(slice time.Duration) (sample, error)
	stop   func()
}

// A sample is what a lane measured in one turn.
type sample struct {
	value float64 // in the workload's unit
	ops   int     // what the allocations of the turn are divided by; 0 if they are of no interest
}

// lost is how long one turn may take before the contender counts as hung.
const lost = time.Minute

// race gives every lane a turn in each round, in an order shuffled anew, so that what else happens on
// the machine falls on all alike. The lane that the ratios refer to comes first. Lanes are stopped at the end.
func race(cfg config, lanes []lane) ([]Row, error) {
	defer func() {
		for _, l := range lanes {
			l.stop()
		}
	}()
	values := make([][]float64, len(lanes))
	allocs := make([][]float64, len(lanes))
	order := rand.New(rand.NewPCG(1, 2))
	for round := range cfg.rounds + 1 { // the first one warms up, and finds how many calls fill a slice
		for _, i := range order.Perm(len(lanes)) {
			value, alloc, err := turn(lanes[i], cfg.slice)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", lanes[i].name, err)
			}
			if round > 0 {
				values[i] = append(values[i], value)
				allocs[i] = append(allocs[i], alloc)
			}
		}
	}
	rows := make([]Row, len(lanes))
	for i, l := range lanes {
		rows[i] = newRow(l, values[i], allocs[i], values[0])
	}
	return rows, nil
}

// turn gives l one turn and counts what the process allocates in it.
func turn(l lane, slice time.Duration) (value, allocs float64, err error) {
	hung := time.AfterFunc(lost, func() {
		debug.SetTraceback("all")
		panic(fmt.Sprintf("pinion bench: %s does not come to an end", l.name))
	})
	defer hung.Stop()
	runtime.GC() // what one leaves behind is not for the next one to collect
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := l.turn(slice)
	runtime.ReadMemStats(&after)
	if err != nil || s.ops == 0 {
		return s.value, 0, err
	}
	return s.value, float64(after.Mallocs-before.Mallocs) / float64(s.ops), nil
}

// timed makes a turn out of a batch, which does a number of operations and returns when all are
// complete. As many are done at once as take half a slice, but no more than most.
func timed(most int, batch func(n int) error) func(time.Duration) (sample, error) {
	n := 1 // kept from turn to turn
	return func(slice time.Duration) (sample, error) {
		var ops int
		var elapsed time.Duration
		for elapsed < slice {
			start := time.Now()
			err := batch(n)
			took := max(time.Since(start), 1)
			if err != nil {
				return sample{}, err
			}
			ops += n
			elapsed += took
			fill := int(int64(slice) / 2 * int64(n) / int64(took))
			n = max(1, min(fill, 8*n, most)) // 8: one lucky batch is not believed
		}
		return sample{float64(elapsed.Nanoseconds()) / float64(ops), ops}, nil
	}
}

// spread has op called n times, shared out among goroutines; with one, among none but the own.
func spread(n, goroutines int, op func()) {
	if goroutines == 1 {
		for range n {
			op()
		}
		return
	}
	var wg sync.WaitGroup
	for g := range goroutines {
		share := (n + g) / goroutines
		wg.Go(func() {
			for range share {
				op()
			}
		})
	}
	wg.Wait()
}
