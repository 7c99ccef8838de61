package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pinion-go/pinion/bench/internal/measure"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/pending"
)

// completed iterates over 10,000 Pendings as they end: time per item.
func completed(cfg measure.Config) ([]measure.Row, error) {
	background := context.Background()
	n := cfg.Count(10_000)
	each := func(name string, prepare func(items []*pending.Pending[int]) (begin func())) measure.Lane {
		return measure.Lane{Name: name, Pinned: "-", Ours: true, Stop: func() {}, Turn: func(time.Duration) (measure.Sample, error) {
			items := make([]*pending.Pending[int], n)
			for i := range items {
				items[i] = pending.New[int](background)
			}
			begin := prepare(items)
			start := time.Now()
			begin()
			got, sum := 0, 0
			for p := range group.AsCompleted(background, slices.Values(items)) {
				v, err := p.Result()
				if err != nil {
					return measure.Sample{}, err
				}
				got++
				sum += v
			}
			took := time.Since(start)
			if got != n || sum != n*(n-1)/2 {
				return measure.Sample{}, fmt.Errorf("got %d of %d items, with the sum %d", got, n, sum)
			}
			return measure.Sample{Value: float64(took.Nanoseconds()) / float64(n), Ops: n}, nil
		}}
	}
	finish := func(items []*pending.Pending[int]) {
		for i, p := range items {
			p.SetResult(i)
		}
	}
	return measure.Race(cfg, []measure.Lane{
		each("items that end meanwhile", func(items []*pending.Pending[int]) func() {
			return func() { go finish(items) }
		}),
		each("items that are done", func(items []*pending.Pending[int]) func() {
			finish(items)
			return func() {}
		}),
	})
}
