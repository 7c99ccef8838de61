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
	cfg := config{rounds: *rounds, slice: *slice, short: *short}
	if *short {
		cfg.rounds, cfg.slice = min(cfg.rounds, 2), min(cfg.slice, time.Millisecond)
	}
	tables := stdout
	if *file == "-" {
		tables = io.Discard
	}

	report := newReport(cfg)
	report.writeHead(tables)
	for _, w := range workloads() {
		if !match.MatchString(w.name) {
			continue
		}
		t := Table{Workload: w.name, What: w.what, Unit: w.unit}
		if t.Others, err = others(func() (err error) { t.Rows, err = w.measure(cfg); return err }); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		t.write(tables)
		report.Tables = append(report.Tables, t)
	}
	report.Requirements = judge(report.Tables)
	writeVerdicts(tables, report.Requirements)

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
