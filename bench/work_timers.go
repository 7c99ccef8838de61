package main

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pinion-go/pinion/bench/internal/measure"
	"github.com/pinion-go/pinion/loop"
)

// deadlines are delays in no order. They are the same in every run and for every contender.
func deadlines(n int, low, high time.Duration) []time.Duration {
	r := rand.New(rand.NewPCG(3, 4))
	d := make([]time.Duration, n)
	for i := range d {
		d[i] = low + time.Duration(r.Int64N(int64(high-low)))
	}
	return d
}

type stopper interface{ Stop() bool }

// armTimers has a pinned thread arm very many timers that are far from due: time each. Stopping them
// again is not counted.
func armTimers(cfg measure.Config) ([]measure.Row, error) {
	delays := deadlines(cfg.Count(100_000), time.Hour, 2*time.Hour)
	each := func(name string, c contender, ours bool, arm func(time.Duration) stopper) measure.Lane {
		armed := make([]stopper, len(delays))
		return measure.Lane{Name: name, Pinned: "yes", Ours: ours, Stop: c.stop, Turn: func(time.Duration) (s measure.Sample, err error) {
			c.do(func() {
				start := time.Now()
				for i, d := range delays {
					armed[i] = arm(d)
				}
				s = measure.Sample{Value: float64(time.Since(start).Nanoseconds()) / float64(len(delays)), Ops: len(delays)}
				for i, timer := range armed {
					if !timer.Stop() {
						err = fmt.Errorf("timer %d was not there to be stopped", i)
					}
				}
			})
			return s, err
		}}
	}
	c := newCaller()
	return measure.Race(cfg, []measure.Lane{
		each("Loop.PostDelayed", callerContender{c}, true, func(d time.Duration) stopper { return postDelayed(c.Loop(), d, func() {}) }),
		each("time.AfterFunc", openSlice(), false, func(d time.Duration) stopper { return time.AfterFunc(d, func() {}) }),
	})
}

// lateness spreads timers over a quarter of a second on a loop that has nothing else to do: the
// 99th percentile of a round of how late they are.
func lateness(cfg measure.Config) ([]measure.Row, error) {
	delays := deadlines(cfg.Count(200), time.Millisecond, time.Duration(cfg.Count(int(250*time.Millisecond))))
	each := func(name, pinned string, c contender, ours bool, after func(time.Duration, func())) measure.Lane {
		return measure.Lane{Name: name, Pinned: pinned, Ours: ours, Stop: c.stop, Turn: func(time.Duration) (measure.Sample, error) {
			late := make([]float64, len(delays))
			var fired sync.WaitGroup
			fired.Add(len(delays))
			for i, d := range delays {
				armed := time.Now()
				after(d, func() {
					late[i] = float64((time.Since(armed) - d).Nanoseconds()) / 1000
					fired.Done()
				})
			}
			fired.Wait()
			if early := measure.Quantile(late, 0); early < 0 {
				return measure.Sample{}, fmt.Errorf("a timer was %g µs early", -early)
			}
			return measure.Sample{Value: measure.Quantile(late, 0.99), Ops: len(delays)}, nil
		}}
	}
	c := newCaller()
	pinned, free := openSlice(), openSlice()
	return measure.Race(cfg, []measure.Lane{
		each("Loop.PostDelayed", "yes", callerContender{c}, true, func(d time.Duration, fn func()) { postDelayed(c.Loop(), d, fn) }),
		each("time.AfterFunc, then mutex and slice", "yes", pinned, false, func(d time.Duration, fn func()) { time.AfterFunc(d, func() { pinned.post(fn) }) }),
		each("time.AfterFunc", "no", free, false, func(d time.Duration, fn func()) { time.AfterFunc(d, fn) }),
	})
}

func postDelayed(l *loop.Loop, d time.Duration, fn func()) *loop.Timer {
	t, err := l.PostDelayed(d, fn)
	must(err)
	return t
}
