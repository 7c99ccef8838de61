//go:build linux && (amd64 || arm64)

// Strace prints the system calls of a program. It shows a Caller doing what
// ptrace demands: every request about a process comes from one and the same
// thread.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/pinion-go/pinion/caller"
)

//go:generate go run gen.go

const usage = `usage: strace [-c] [-f] [-o FILE] COMMAND [ARG...]
       strace [-c] [-f] [-o FILE] -p PID
`

type config struct {
	count   bool
	follow  bool
	output  string
	pid     int
	command []string
}

func main() {
	cfg, err := parse(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		os.Exit(2)
	}
	code, err := run(context.Background(), cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, "strace:", err)
		code = 1
	}
	os.Exit(code)
}

// parse has told the user what is wrong when it returns an error.
func parse(args []string) (config, error) {
	var cfg config
	fs := flag.NewFlagSet("strace", flag.ContinueOnError)
	fs.BoolVar(&cfg.count, "c", false, "count calls and errors instead of printing each call")
	fs.BoolVar(&cfg.follow, "f", false, "follow forks and threads")
	fs.StringVar(&cfg.output, "o", "", "write to `FILE` instead of standard error")
	fs.IntVar(&cfg.pid, "p", 0, "attach to the process `PID`")
	fs.Usage = func() {
		fmt.Fprint(fs.Output(), usage)
		fs.PrintDefaults()
	}
	if err := fs.Parse(args); err != nil {
		return cfg, err
	}
	cfg.command = fs.Args()

	attach := false
	fs.Visit(func(f *flag.Flag) { attach = attach || f.Name == "p" })
	var err error
	switch {
	case attach && cfg.pid <= 0:
		err = errors.New("-p needs a process id")
	case attach == (len(cfg.command) > 0):
		err = errors.New("give a command or -p PID, one of the two")
	default:
		return cfg, nil
	}
	fmt.Fprintln(fs.Output(), "strace:", err)
	fs.Usage()
	return cfg, err
}

// run traces as cfg says and returns the exit code.
func run(ctx context.Context, cfg config) (int, error) {
	var out io.Writer = os.Stderr
	if cfg.output != "" {
		file, err := os.Create(cfg.output)
		if err != nil {
			return 0, err
		}
		defer file.Close()
		out = file
	}
	if !cfg.count {
		return trace(ctx, cfg, &printer{w: out, prefix: cfg.follow})
	}
	counts := summary{}
	code, err := trace(ctx, cfg, counts)
	if err == nil {
		counts.write(out)
	}
	return code, err
}

// trace returns when everything traced has ended or a signal has asked to stop.
func trace(ctx context.Context, cfg config, s sink) (int, error) {
	c, err := caller.New(ctx, caller.WithName("ptrace"))
	if err != nil {
		return 0, err
	}
	defer c.Close()

	signals := catchSignals()
	t := newTracer(cfg.follow, s)
	tracing := caller.CallSoon(ctx, c, func(ctx context.Context) (int, error) {
		start := func() error { return t.launch(cfg.command) }
		if cfg.pid != 0 {
			start = func() error { return t.attach(cfg.pid) }
		}
		if err := start(); err != nil {
			return 0, err
		}
		return t.trace(ctx)
	})

	select {
	case <-tracing.Done():
		return tracing.Result()
	case sig := <-signals:
		signal.Stop(signals) // a second one ends strace, and the kernel lets the tracees go
		// The call that traces is suspended while it waits, so its thread is free
		// for this one.
		if err := c.Do(ctx, t.letGo); err != nil {
			return 0, err
		}
		_, err := tracing.Wait(ctx)
		return 128 + int(sig.(syscall.Signal)), err
	}
}

// catchSignals leaves alone what strace was started to ignore, as nohup does,
// because the command inherits that.
func catchSignals() chan os.Signal {
	signals := make(chan os.Signal, 1)
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(sig) {
			signal.Notify(signals, sig)
		}
	}
	return signals
}
