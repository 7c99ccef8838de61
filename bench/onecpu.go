package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/pinion-go/pinion/bench/internal/measure"
)

// onOneCPU measures a workload in a process that has one processor only: the affinity of its threads
// has to be set before the Go runtime looks, so it takes a process of its own.
func onOneCPU(workload string) func(measure.Config) ([]measure.Row, error) {
	return func(cfg measure.Config) ([]measure.Row, error) {
		args := []string{"-run", "^" + workload + "$", "-rounds", fmt.Sprint(cfg.Rounds), "-slice", cfg.Slice.String(), "-json", "-"}
		if cfg.Short {
			args = append(args, "-short")
		}
		cmd, err := measure.Self(args...)
		if err != nil {
			return nil, err
		}
		cmd.Env = append(cmd.Env, "GOMAXPROCS=1")
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := startOnOneCPU(cmd); err != nil {
			return nil, err
		}
		if err := cmd.Wait(); err != nil {
			return nil, err
		}
		var r measure.Report
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			return nil, err
		}
		if len(r.Tables) != 1 {
			return nil, fmt.Errorf("the one-CPU process measured %d workloads", len(r.Tables))
		}
		return r.Tables[0].Rows, nil
	}
}
