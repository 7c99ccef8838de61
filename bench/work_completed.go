package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/pending"
)

// completed iterates over 10,000 Pendings as they end: time per item.
func completed(cfg config) ([]Row, error) {
	background := context.Background()
	n := cfg.count(10_000)
	each := func(name string, prepare func(items []*pending.Pending[int]) (begin func())) lane {
		return lane{name: name, pinned: "-", ours: true, stop: func() {}, turn: func(time.Duration) (sample, error) {
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
					return sample{}, err
				}
				got++
				sum += v
			}
			took := time.Since(start)
			if got != n || sum != n*(n-1)/2 {
				return sample{}, fmt.Errorf("got %d of %d items, with the sum %d", got, n, sum)
			}
			return sample{float64(took.Nanoseconds()) / float64(n), n}, nil
		}}
	}
	finish := func(items []*pending.Pending[int]) {
		for i, p := range items {
			p.SetResult(i)
		}
	}
	return race(cfg, []lane{
		each("items that end meanwhile", func(items []*pending.Pending[int]) func() {
			return func() { go finish(items) }
		}),
		each("items that are done", func(items []*pending.Pending[int]) func() {
			finish(items)
			return func() {}
		}),
	})
}
