package main

import (
	"os"
	"testing"

	"github.com/pinion-go/pinion/bench/internal/measure"
)

// TestMain lets the test binary stand in for the command when it starts itself again.
func TestMain(m *testing.M) {
	if measure.IsChild() {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestEverything runs all workloads, briefly: every contender completes and runs each call once.
func TestEverything(t *testing.T) {
	if err := command([]string{"-short"}, t.Output()); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkPost(b *testing.B) {
	for _, w := range postWays() {
		b.Run(w.name, func(b *testing.B) {
			c := w.open()
			defer c.stop()
			b.ReportAllocs()
			ran, drained := 0, make(chan struct{})
			fn := func() {
				if ran++; ran == b.N {
					close(drained)
				}
			}
			b.ResetTimer()
			spread(b.N, 1, func() { c.post(fn) })
			<-drained
		})
	}
}

func BenchmarkDo(b *testing.B) {
	for _, w := range doWays() {
		b.Run(w.name, func(b *testing.B) {
			c := w.open()
			defer c.stop()
			b.ReportAllocs()
			ran := 0
			fn := func() { ran++ }
			for b.Loop() {
				c.do(fn)
			}
			if ran < b.N {
				b.Fatalf("%d of %d calls ran", ran, b.N)
			}
		})
	}
}
