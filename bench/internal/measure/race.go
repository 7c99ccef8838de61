package measure

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"time"
)

// Config is how much to measure.
type Config struct {
	Rounds int
	Slice  time.Duration // how long a contender runs in one round
	Short  bool          // as little as shows that everything works
}

// NewConfig is as much as that, or, for a short run, hardly anything.
func NewConfig(rounds int, slice time.Duration, short bool) Config {
	if short {
		rounds, slice = min(rounds, 2), min(slice, time.Millisecond)
	}
	return Config{Rounds: rounds, Slice: slice, Short: short}
}

// Count is n, or as much of it as a short run has time for.
func (c Config) Count(n int) int {
	if c.Short {
		return n / 20
	}
	return n
}

// A Lane is one contender in one workload.
type Lane struct {
	Name   string
	Pinned string // what the tables say: yes, no, or - where there is no thread to be pinned to
	Ours   bool
	Turn   func(slice time.Duration) (Sample, error)
	Stop   func()
}

// A Sample is what a lane measured in one turn.
type Sample struct {
	Value float64 // in the workload's unit
	Ops   int     // what the allocations of the turn are divided by; 0 if they are of no interest
}

// lost is how long one turn may take before the contender counts as hung.
const lost = time.Minute

// Race gives every lane a turn in each round, in an order shuffled anew, so that what else happens on
// the machine falls on all alike. The lane that the ratios refer to comes first. Lanes are stopped at the end.
func Race(cfg Config, lanes []Lane) ([]Row, error) {
	defer func() {
		for _, l := range lanes {
			l.Stop()
		}
	}()
	values := make([][]float64, len(lanes))
	allocs := make([][]float64, len(lanes))
	order := rand.New(rand.NewPCG(1, 2))
	for round := range cfg.Rounds + 1 { // the first one warms up, and finds how many calls fill a slice
		for _, i := range order.Perm(len(lanes)) {
			value, alloc, err := turn(lanes[i], cfg.Slice)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", lanes[i].Name, err)
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
func turn(l Lane, slice time.Duration) (value, allocs float64, err error) {
	hung := time.AfterFunc(lost, func() {
		debug.SetTraceback("all")
		panic(fmt.Sprintf("pinion bench: %s does not come to an end", l.Name))
	})
	defer hung.Stop()
	runtime.GC() // what one leaves behind is not for the next one to collect
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := l.Turn(slice)
	runtime.ReadMemStats(&after)
	if err != nil || s.Ops == 0 {
		return s.Value, 0, err
	}
	return s.Value, float64(after.Mallocs-before.Mallocs) / float64(s.Ops), nil
}

// Timed makes a turn out of a batch, which does a number of operations and returns when all are
// complete. As many are done at once as take half a slice, but no more than most.
func Timed(most int, batch func(n int) error) func(time.Duration) (Sample, error) {
	n := 1 // kept from turn to turn
	return func(slice time.Duration) (Sample, error) {
		var ops int
		var elapsed time.Duration
		for elapsed < slice {
			start := time.Now()
			err := batch(n)
			took := max(time.Since(start), 1)
			if err != nil {
				return Sample{}, err
			}
			ops += n
			elapsed += took
			fill := int(int64(slice) / 2 * int64(n) / int64(took))
			n = max(1, min(fill, 8*n, most)) // 8: one lucky batch is not believed
		}
		return Sample{float64(elapsed.Nanoseconds()) / float64(ops), ops}, nil
	}
}
