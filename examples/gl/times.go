package main

import (
	"fmt"
	"time"
)

// frameTimes is what the title says of the frames of the last half second.
type frameTimes struct {
	since, last time.Time
	frames      int
	drawing     time.Duration
	longest     time.Duration // from one frame to the next
}

// add counts a frame. Line is what is to be said; ok is false when it is too early for that.
func (f *frameTimes) add(start, end time.Time, step int) (line string, ok bool) {
	if f.since.IsZero() {
		f.since, f.last = start, start
		return "", false
	}
	f.frames++
	f.drawing += end.Sub(start)
	f.longest = max(f.longest, start.Sub(f.last))
	f.last = start
	passed := start.Sub(f.since)
	if passed < time.Second/2 {
		return "", false
	}
	line = fmt.Sprintf("%.1f ms a frame, at most %.1f ms, %.1f ms of it drawing; water at step %d",
		ms(passed/time.Duration(f.frames)), ms(f.longest), ms(f.drawing/time.Duration(f.frames)), step)
	*f = frameTimes{since: start, last: start}
	return line, true
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
