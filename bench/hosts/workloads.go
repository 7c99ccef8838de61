package main

import (
	"fmt"
	"time"

	"github.com/pinion-go/pinion/bench/internal/measure"
)

const (
	pause = 300 * time.Microsecond // after which a loop with nothing to do is asleep
	flood = 100_000                // posts at once
)

func workloads(t toolkit, ways []way) []measure.Workload {
	each := func(turn func(w way, cfg measure.Config, slice time.Duration) (measure.Sample, error)) func(measure.Config) ([]measure.Row, error) {
		return func(cfg measure.Config) ([]measure.Row, error) {
			var lanes []measure.Lane
			for _, w := range ways {
				lanes = append(lanes, measure.Lane{Name: w.name, Pinned: "yes", Ours: w.ours, Stop: func() {}, Turn: func(slice time.Duration) (s measure.Sample, err error) {
					w.takeTurn(func() { s, err = turn(w, cfg, slice) })
					return s, err
				}})
			}
			return measure.Race(cfg, lanes)
		}
	}
	return []measure.Workload{
		{Name: t.name + "/latency", What: "From a post to a sleeping loop until the function runs, median", Unit: "µs", Measure: each(latency)},
		{Name: t.name + "/trip", What: "Post and wait until the function has run, one after the other", Unit: "µs/post", Measure: each(trips)},
		{Name: t.name + "/flood", What: "100,000 posts at once, until the last function has run", Unit: "ns/post", Measure: each(floods)},
	}
}

// latency lets the loop fall asleep before each post.
func latency(w way, _ measure.Config, slice time.Duration) (measure.Sample, error) {
	var start time.Time
	var took []float64
	ran := make(chan struct{}, 1)
	fn := func() {
		took = append(took, float64(time.Since(start).Nanoseconds())/1000)
		ran <- struct{}{}
	}
	posts := 0
	for until := time.Now().Add(slice); posts == 0 || time.Now().Before(until); posts++ {
		time.Sleep(pause)
		start = time.Now()
		w.post(fn)
		<-ran
	}
	if len(took) != posts {
		return measure.Sample{}, fmt.Errorf("%d posts, and %d functions ran", posts, len(took))
	}
	return measure.Sample{Value: measure.Median(took), Ops: posts}, nil
}

// trips leaves the loop no time but to fall asleep.
func trips(w way, _ measure.Config, slice time.Duration) (measure.Sample, error) {
	count, posts := 0, 0
	ran := make(chan struct{}, 1)
	fn := func() {
		count++
		ran <- struct{}{}
	}
	start := time.Now()
	for posts == 0 || time.Since(start) < slice {
		w.post(fn)
		<-ran
		posts++
	}
	took := time.Since(start)
	if count != posts {
		return measure.Sample{}, fmt.Errorf("%d posts, and %d functions ran", posts, count)
	}
	return measure.Sample{Value: float64(took.Nanoseconds()) / 1000 / float64(posts), Ops: posts}, nil
}

func floods(w way, cfg measure.Config, slice time.Duration) (measure.Sample, error) {
	n := cfg.Count(flood)
	count := 0
	all := make(chan struct{}, 1)
	fn := func() {
		if count++; count%n == 0 {
			all <- struct{}{}
		}
	}
	posts := 0
	var took time.Duration
	for took < slice {
		time.Sleep(pause)
		start := time.Now()
		for range n {
			w.post(fn)
		}
		<-all
		took += time.Since(start)
		posts += n
	}
	if count != posts {
		return measure.Sample{}, fmt.Errorf("%d posts, and %d functions ran", posts, count)
	}
	return measure.Sample{Value: float64(took.Nanoseconds()) / float64(posts), Ops: posts}, nil
}
