package main

import (
	"io"
	"runtime/trace"
	"time"
)

// traced compares what a caller does with itself while an execution trace is recorded.
func traced(open func() lane) func(config) ([]Row, error) {
	return func(cfg config) ([]Row, error) {
		off, on := open(), open()
		off.name, on.name = "trace off", "trace on"
		plain := on.turn
		on.turn = func(slice time.Duration) (sample, error) {
			if err := trace.Start(io.Discard); err != nil {
				return sample{}, err
			}
			defer trace.Stop()
			return plain(slice)
		}
		return race(cfg, []lane{off, on})
	}
}

func ourWay() way { return way{"", true, true, openCaller} }
