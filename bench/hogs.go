package main

import (
	"io"
	"os"
	"runtime"
	"sync/atomic"

	"github.com/pinion-go/pinion/bench/internal/measure"
)

// hogRounds is how many more rounds there are beside hogs: a goroutine or a thread that has lost its core
// to one gets it back after milliseconds, so that one turn says little.
const hogRounds = 4

// besideProcesses measures while other processes keep every core busy: what a busy machine is like.
func besideProcesses(what func(measure.Config) ([]measure.Row, error)) func(measure.Config) ([]measure.Row, error) {
	return func(cfg measure.Config) ([]measure.Row, error) {
		cfg.Rounds *= hogRounds
		for range runtime.NumCPU() {
			stop, err := startHog()
			if err != nil {
				return nil, err
			}
			defer stop()
		}
		return what(cfg)
	}
}

// besideGoroutines measures while goroutines of the same process keep every core busy: what a program
// with work of its own is like.
func besideGoroutines(what func(measure.Config) ([]measure.Row, error)) func(measure.Config) ([]measure.Row, error) {
	return func(cfg measure.Config) ([]measure.Row, error) {
		var enough atomic.Bool
		defer enough.Store(true)
		cfg.Rounds *= hogRounds
		for range runtime.NumCPU() {
			go func() {
				for !enough.Load() {
				}
			}()
		}
		return what(cfg)
	}
}

// startHog starts this program again as a hog, which lives until its standard input is closed: it
// cannot outlive us, however we end.
func startHog() (stop func(), err error) {
	cmd, err := measure.Self("-hog")
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
