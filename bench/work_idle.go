package main

import (
	"context"
	"time"

	"github.com/pinion-go/pinion/bench/internal/measure"
)

// idle measures the processor time that the process takes in two seconds in which nobody asks the
// caller for anything. Where it has just been busy, whatever it does in the hope of more work is in it, and what the
// Go runtime does until it has come to rest.
func idle(cfg measure.Config) ([]measure.Row, error) {
	cfg.Rounds = min(cfg.Rounds, 3)
	period := time.Duration(cfg.Count(int(2 * time.Second)))
	rest := func() (measure.Sample, error) {
		before, err := cpuTime()
		if err != nil {
			return measure.Sample{}, err
		}
		time.Sleep(period)
		after, err := cpuTime()
		return measure.Sample{Value: float64((after - before).Microseconds())}, err
	}
	after := func(quiet time.Duration) func(time.Duration) (measure.Sample, error) {
		return func(time.Duration) (measure.Sample, error) {
			c := newCaller()
			defer callerContender{c}.stop()
			for range 1000 {
				must(c.Do(context.Background(), func() {}))
			}
			time.Sleep(quiet)
			return rest()
		}
	}
	return measure.Race(cfg, []measure.Lane{
		{Name: "no caller", Pinned: "-", Ours: true, Stop: func() {}, Turn: func(time.Duration) (measure.Sample, error) { return rest() }},
		{Name: "idle caller", Pinned: "yes", Ours: true, Stop: func() {}, Turn: after(period / 4)},
		{Name: "idle caller, busy until then", Pinned: "yes", Ours: true, Stop: func() {}, Turn: after(0)},
	})
}
