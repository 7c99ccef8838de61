package pending_test

import (
	"context"
	"testing"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// BenchmarkSubmit is the way of a call to a loop and back, without the cost of waking the loop.
func BenchmarkSubmit(b *testing.B) {
	l := loop.New()
	ctx := context.Background()
	one := func(context.Context) (int, error) { return 1, nil }
	b.ReportAllocs()
	for b.Loop() {
		for range 100 {
			pending.Submit(ctx, l, 0, one)
		}
		l.RunPending()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/call")
	l.Stop()
	l.RunPending()
}

func BenchmarkGo(b *testing.B) {
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = pending.Go(ctx, func(context.Context) (int, error) { return 1, nil }).Wait(ctx)
	}
}
