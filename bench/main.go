// Command bench measures Pinion beside the ways in which Go programs hand work to one goroutine
// today, all in one process and in turns, and prints medians and ratios. See README.md.
//
// The exit status says whether every contender ran every call exactly once, and nothing about speed.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"

	"github.com/pinion-go/pinion/bench/internal/measure"
)

func main() {
	if err := command(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pinion bench:", err)
		os.Exit(1)
	}
}

func command(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	short := flags.Bool("short", false, "do as little as shows that everything works")
	run := flags.String("run", "", "measure only the workloads whose names match this `regexp`")
	rounds := flags.Int("rounds", 15, "how often each contender has a turn")
	slice := flags.Duration("slice", 25*time.Millisecond, "how long a turn takes")
	file := flags.String("json", "", "write the report to this `file` too; - is standard output, without the tables")
	isHog := flags.Bool("hog", false, "keep one core busy until standard input ends (for internal use)")
	held := flags.String("hold", "", "print the bytes that one of many `waiting` takes (for internal use)")
	count := flags.Int("n", 0, "how many -hold holds")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *isHog {
		hog()
	}
	if *held != "" {
		bytes, err := hold(*held, *count)
		fmt.Fprintln(stdout, bytes)
		return err
	}
	match, err := regexp.Compile(*run)
	if err != nil {
		return err
	}
	cfg := measure.NewConfig(*rounds, *slice, *short)
	tables := stdout
	if *file == "-" {
		tables = io.Discard
	}

	report := measure.NewReport(cfg)
	report.WriteHead(tables)
	if report.Tables, err = measure.Tables(tables, cfg, match, workloads()); err != nil {
		return err
	}
	report.Requirements = measure.Judge(report.Tables, requirements())
	measure.WriteVerdicts(tables, report.Requirements)

	if *file == "" {
		return nil
	}
	data, err := json.MarshalIndent(report, "", "\t")
	if err != nil {
		return err
	}
	data = append(data, '\n')
	if *file == "-" {
		_, err = stdout.Write(data)
		return err
	}
	return os.WriteFile(*file, data, 0o644)
}
