package caller_test

import (
	"context"
	"testing"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/queue"
)

// drained has n calls handed over and run, a batch at a time.
func drained(b *testing.B, c *caller.Caller, submit func()) {
	const batch = 1000
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		submit()
		if i%batch == batch-1 {
			_ = c.Do(context.Background(), func() {})
		}
	}
	_ = c.Do(context.Background(), func() {})
}

func BenchmarkQueueCall(b *testing.B) {
	c, ctx := start(b), context.Background()
	f := queue.NewFunc(func(context.Context, int) error { return nil })
	drained(b, c, func() { _ = caller.QueueCall(ctx, c, f, 1) })
}

// What waits behind a suspended call is started by the call before it.
func BenchmarkQueueCall_backlog(b *testing.B) {
	c, ctx := start(b), context.Background()
	gate, over := make(chan struct{}), make(chan struct{})
	f := queue.NewFunc(func(ctx context.Context, wait <-chan struct{}) error {
		if wait == (<-chan struct{})(gate) {
			_, _, err := loop.Receive(ctx, wait)
			return err
		} else if wait != nil {
			close(over)
		}
		return nil
	})
	b.ReportAllocs()
	_ = caller.QueueCall(ctx, c, f, gate)
	for b.Loop() {
		_ = caller.QueueCall(ctx, c, f, nil)
	}
	_ = caller.QueueCall(ctx, c, f, over)
	_ = c.Do(ctx, func() {})
	close(gate)
	<-over
}

func BenchmarkCallDirect_drained(b *testing.B) {
	c := start(b)
	fn := func() {}
	drained(b, c, func() { _ = c.CallDirect(fn) })
}

func BenchmarkCallSoon_drained(b *testing.B) {
	c, ctx := start(b), context.Background()
	drained(b, c, func() { c.CallSoon(ctx, nothing) })
}
