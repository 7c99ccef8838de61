package main

import (
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
)

// hogRounds is how many more rounds there are beside hogs: a goroutine or a thread that has lost its core
// to one gets it back after milliseconds, so that one turn says little.
const hogRounds = 4

// besideProcesses measures while other processes keep every core busy: what a busy machine is like.
func besideProcesses(measure func(config) ([]Row, error)) func(config) ([]Row, error) {
	return func(cfg config) ([]Row, error) {
		cfg.rounds *= hogRounds
		for range runtime.NumCPU() {
			stop, err := startHog()
			if err != nil {
				return nil, err
			}
			defer stop()
		}
		return measure(cfg)
	}
}

// besideGoroutines measures while goroutines of the same process keep every core busy: what a program
// with work of its own is like.
func besideGoroutines(measure func(config) ([]Row, error)) func(config) ([]Row, error) {
	return func(cfg config) ([]Row, error) {
		var enough atomic.Bool
		defer enough.Store(true)
		cfg.rounds *= hogRounds
		for range runtime.NumCPU() {
			go func() {
				for !enough.Load() {
				}
			}()
		}
		return measure(cfg)
	}
}

// startHog starts this program again as a hog, which lives until its standard input is closed: it
// cannot outlive us, however we end.
func startHog() (stop func(), err error) {
	cmd, err := self("-hog")
	if err != nil {
		return nil, err
	}
	life, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	started, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(started, make([]byte, 1)); err != nil {
		return nil, err
	}
	return func() { _ = life.Close(); _ = cmd.Wait() }, nil
}

// hog is what a hog does.
func hog() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	_, _ = os.Stdout.Write([]byte{'!'})
	for turns := 0; ; turns++ {
	}
}

// childMark tells a test binary that it has been started as the command.
const childMark = "PINION_BENCH_CHILD"

// self is this program, to be run again.
func self(args ...string) (*exec.Cmd, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), childMark+"=1")
	cmd.Stderr = os.Stderr
	return cmd, nil
}
