package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/pinion-go/pinion/bench/internal/measure"
	"github.com/pinion-go/pinion/pending"
)

// suspended measures the memory of very many calls that wait on one thread at once: bytes of heap and
// stack each. Pendings, coroutines and what the loop keeps about them are all in it. Each figure comes
// from a process of its own: the runtime never gives back the descriptors of goroutines that have
// ended, so that only the first to need them is seen to pay for them.
func suspended(cfg measure.Config) ([]measure.Row, error) {
	cfg.Rounds = min(cfg.Rounds, 3)
	n := cfg.Count(100_000)
	each := func(name, pinned, kind string, ours bool) measure.Lane {
		return measure.Lane{Name: name, Pinned: pinned, Ours: ours, Stop: func() {}, Turn: func(time.Duration) (measure.Sample, error) {
			cmd, err := measure.Self("-hold", kind, "-n", fmt.Sprint(n))
			if err != nil {
				return measure.Sample{}, err
			}
			return parseHeld(cmd)
		}}
	}
	return measure.Race(cfg, []measure.Lane{
		each("suspended call", "yes", "calls", true),
		each("suspended call, 512 bytes of variables", "yes", "large-calls", true),
		each("parked goroutine", "no", "goroutines", false),
		each("parked goroutine, 512 bytes of variables", "no", "large-goroutines", false),
	})
}

func parseHeld(cmd *exec.Cmd) (s measure.Sample, err error) {
	out, err := cmd.Output()
	if err != nil {
		return s, err
	}
	_, err = fmt.Sscan(string(out), &s.Value)
	return s, err
}

// hold is what the process of its own does: it returns the bytes that one of n takes.
func hold(kind string, n int) (float64, error) {
	large := strings.HasPrefix(kind, "large-")
	switch strings.TrimPrefix(kind, "large-") {
	case "calls":
		return holdCalls(n, large)
	case "goroutines":
		return holdGoroutines(n, large), nil
	}
	return 0, fmt.Errorf("nothing is called %q", kind)
}

func holdCalls(n int, large bool) (float64, error) {
	background := context.Background()
	c := newCaller()
	gate := pending.New[pending.None](background)
	results := make([]*pending.Pending[pending.None], n)
	order := make([]int, 0, n)
	waiting := 0
	before := memory()
	for i := range results {
		fn := func(ctx context.Context) error {
			waiting++
			_, err := gate.Wait(ctx)
			order = append(order, i)
			return err
		}
		if large {
			fn = func(ctx context.Context) error {
				var locals [64]uint64
				use(&locals)
				waiting++
				_, err := gate.Wait(ctx)
				order = append(order, i)
				use(&locals)
				return err
			}
		}
		results[i] = c.CallSoon(background, fn)
	}
	must(c.Do(background, func() {})) // calls start in order: by now all have
	if waiting != n {
		return 0, fmt.Errorf("%d of %d calls have started", waiting, n)
	}
	used := memory() - before

	gate.SetResult(pending.None{})
	for i, p := range results {
		if _, err := p.Wait(background); err != nil {
			return 0, fmt.Errorf("suspended call %d: %w", i, err)
		}
	}
	if len(order) != n {
		return 0, fmt.Errorf("%d of %d calls resumed", len(order), n)
	}
	for i, got := range order {
		if got != i {
			return 0, fmt.Errorf("call %d was the one resumed at place %d", got, i)
		}
	}
	return used / float64(n), c.Close()
}

func holdGoroutines(n int, large bool) float64 {
	gate := make(chan struct{})
	var started, ended sync.WaitGroup
	started.Add(n)
	wait := func() { <-gate }
	if large {
		wait = func() {
			var locals [64]uint64
			use(&locals)
			<-gate
			use(&locals)
		}
	}
	before := memory()
	for range n {
		ended.Go(func() { started.Done(); wait() })
	}
	started.Wait()
	used := memory() - before
	close(gate)
	ended.Wait()
	return used / float64(n)
}

// use keeps variables on the stack across a wait.
//
//go:noinline
func use(v *[64]uint64) { v[0]++ }

// memory returns the bytes of heap and stack in use once the garbage is gone.
func memory() float64 {
	runtime.GC()
	runtime.GC() // what a finalizer or a pool let go in the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse + m.StackInuse)
}
