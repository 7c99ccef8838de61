package caller_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/pinion-go/pinion/caller"
)

func one(context.Context) (int, error) { return 1, nil }

func BenchmarkCallSoon(b *testing.B) {
	ctx := context.Background()
	c := start(b)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = caller.CallSoon(ctx, c, one).Wait(ctx)
	}
}

// BenchmarkToThread is a call on a worker that is there already, and its rivals: functions that go through a
// channel to a pinned goroutine and whose results come back through another, and a new pinned goroutine for
// every call.
func BenchmarkToThread(b *testing.B) {
	ctx := context.Background()
	type result struct {
		v   int
		err error
	}
	type job struct {
		fn   func(context.Context) (int, error)
		done chan result
	}
	b.Run("ToThread", func(b *testing.B) {
		c := start(b)
		b.ReportAllocs()
		for b.Loop() {
			_, _ = caller.ToThread(ctx, c, one).Wait(ctx)
		}
	})
	b.Run("Channel", func(b *testing.B) {
		jobs := make(chan job)
		defer close(jobs)
		go func() {
			runtime.LockOSThread()
			for j := range jobs {
				v, err := j.fn(ctx)
				j.done <- result{v, err}
			}
		}()
		b.ReportAllocs()
		for b.Loop() {
			j := job{one, make(chan result, 1)}
			jobs <- j
			<-j.done
		}
	})
	b.Run("NewThread", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			done := make(chan result, 1)
			go func() {
				runtime.LockOSThread()
				v, err := one(ctx)
				done <- result{v, err}
			}()
			<-done
		}
	})
}

func BenchmarkGuest(b *testing.B) {
	ctx := context.Background()
	c := start(b)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = caller.CallUsingBackend(ctx, c, caller.Goroutine, one).Wait(ctx)
	}
}
