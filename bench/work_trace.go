package main

import (
	"io"
	"runtime/trace"
	"time"

	"github.com/pinion-go/pinion/bench/internal/measure"
)

// traced compares what a caller does with itself while an execution trace is recorded.
func traced(open func() measure.Lane) func(measure.Config) ([]measure.Row, error) {
	return func(cfg measure.Config) ([]measure.Row, error) {
		off, on := open(), open()
		off.Name, on.Name = "trace off", "trace on"
		plain := on.Turn
		on.Turn = func(slice time.Duration) (measure.Sample, error) {
			if err := trace.Start(io.Discard); err != nil {
				return measure.Sample{}, err
			}
			defer trace.Stop()
			return plain(slice)
		}
		return measure.Race(cfg, []measure.Lane{off, on})
	}
}

func ourWay() way { return way{"", true, true, openCaller} }
