package main

import (
	"fmt"
	"time"

	"github.com/pinion-go/pinion/caller"
)

const (
	floodCalls = 100                    // that are queued all the time during a flood
	floodWork  = 100 * time.Microsecond // that each of them takes, at least
	floodTurn  = 60                     // frames with the flood, and as many without
)

// counter counts what the window's thread has done, with the flood or without.
type counter struct {
	frames, calls int
	passed        time.Duration
	mostCalls     int // between two frames
}

func (c counter) rate() float64 { return float64(c.frames) / c.passed.Seconds() }

// flood keeps the GUI's thread busy in every other turn with calls, each of which hands itself over once more, so
// that there is always one that waits for the thread. It is for that thread alone.
type flood struct {
	gui         *caller.Caller
	on          bool
	calls       int // since the last frame
	last        time.Time
	inTurn      int
	quiet, full counter
}

// frame counts one that begins now.
func (f *flood) frame(now time.Time) {
	c := &f.quiet
	if f.on {
		c = &f.full
	}
	if !f.last.IsZero() {
		c.frames++
		c.calls += f.calls
		c.passed += now.Sub(f.last)
		c.mostCalls = max(c.mostCalls, f.calls)
	}
	f.last, f.calls = now, 0
	if f.inTurn++; f.inTurn > floodTurn {
		f.turn(!f.on)
	}
}

// turn begins a turn with the flood or without. What is left of the last one counts for neither.
func (f *flood) turn(on bool) {
	f.on, f.inTurn, f.last = on, 0, time.Time{}
	if on {
		for range floodCalls {
			_ = f.gui.CallDirect(f.call)
		}
	}
}

func (f *flood) call() {
	if !f.on {
		return
	}
	f.calls++
	for end := time.Now().Add(floodWork); time.Now().Before(end); {
	}
	_ = f.gui.CallDirect(f.call) // fails once the caller stops
}

// String is for the title and for the end.
func (f *flood) String() string {
	if f.full.frames == 0 {
		return "no frame in a flood yet"
	}
	return fmt.Sprintf("%.1f frames a second; in the flood %.1f, and %.0f calls a second, at most %d between two frames",
		f.quiet.rate(), f.full.rate(), float64(f.full.calls)/f.full.passed.Seconds(), f.full.mostCalls)
}
