package loop_test

import (
	"testing"
	"time"

	"github.com/pinion-go/pinion/loop"
)

func BenchmarkPost(b *testing.B) {
	l := running(b)
	fn := func() {}
	b.ReportAllocs()
	for b.Loop() {
		_ = l.Post(fn)
	}
	_ = l.Do(background, fn)
}

func BenchmarkDo(b *testing.B) {
	l := running(b)
	fn := func() {}
	b.ReportAllocs()
	for b.Loop() {
		_ = l.Do(background, fn)
	}
}

// inside runs a benchmark as a call.
func inside(b *testing.B, fn func(l *loop.Loop)) {
	l := running(b, loop.WithSlowCall(0))
	b.ReportAllocs()
	_ = l.Do(background, func() { fn(l) })
}

func BenchmarkYield(b *testing.B) {
	inside(b, func(*loop.Loop) {
		for b.Loop() {
			_ = loop.Yield(background)
		}
	})
}

func BenchmarkSuspend(b *testing.B) {
	inside(b, func(l *loop.Loop) {
		p, _ := loop.Self()
		unpark := p.Unpark
		for b.Loop() {
			_ = l.Post(unpark)
			_ = p.Park(background)
		}
	})
}

func BenchmarkTimerArmAndStop(b *testing.B) {
	inside(b, func(l *loop.Loop) {
		fn := func() {}
		for b.Loop() {
			t, _ := l.PostDelayed(time.Hour, fn)
			t.Stop()
		}
	})
}

func BenchmarkTimerArmMany(b *testing.B) {
	inside(b, func(l *loop.Loop) {
		fn := func() {}
		n := 0
		for b.Loop() {
			_, _ = l.PostDelayed(time.Duration(n*7919%1_000_003)*time.Millisecond+time.Hour, fn)
			n++
		}
	})
}
