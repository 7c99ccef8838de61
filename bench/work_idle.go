package main

import (
	"context"
	"time"
)

// idle measures the processor time that the process takes in two seconds in which nobody asks the
// caller for anything. It has just been busy, so whatever it does in the hope of more work is in it.
func idle(cfg config) ([]Row, error) {
	cfg.rounds = min(cfg.rounds, 3)
	period := time.Duration(cfg.count(int(2 * time.Second)))
	rest := func() (sample, error) {
		before, err := cpuTime()
		if err != nil {
			return sample{}, err
		}
		time.Sleep(period)
		after, err := cpuTime()
		return sample{float64((after - before).Microseconds()), 0}, err
	}
	return race(cfg, []lane{
		{name: "no caller", pinned: "-", ours: true, stop: func() {}, turn: func(time.Duration) (sample, error) { return rest() }},
		{name: "idle caller", pinned: "yes", ours: true, stop: func() {}, turn: func(time.Duration) (sample, error) {
			c := newCaller()
			defer callerContender{c}.stop()
			for range 1000 {
				must(c.Do(context.Background(), func() {}))
			}
			return rest()
		}},
	})
}
