// Crawl hashes the files of a directory tree, as sha256sum does, on a pool of threads. It shows how calls are
// kept together: the files are hashed by pooled worker callers under one group, the results come in as they
// are completed, one queued function alone writes to the terminal, and an interruption, or a file that fails,
// cancels what is left.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"

	"github.com/pinion-go/pinion/caller"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code: 0, 1 for failures, 2 for misuse, 130 after Ctrl-C.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("crawl", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: crawl [flags] [directory]\n\nHashes the files of a directory tree; the default is the Go source tree.")
		flags.PrintDefaults()
	}
	flags.IntVar(&o.workers, "workers", 2*runtime.GOMAXPROCS(0), "files to hash at a time, each on a thread of its own")
	flags.IntVar(&o.fail, "fail", 0, "make the file of this `number` fail, in the order in which they are begun")
	flags.BoolVar(&o.list, "list", false, "print the hash of each file, as sha256sum does")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 1 || o.workers < 1 || o.fail < 0 {
		flags.Usage()
		return 2
	}
	o.dir = flags.Arg(0)
	var failed error
	// An interruption does not stop the caller, since the reporter has to have the last word.
	err := caller.Run(context.WithoutCancel(ctx), func(own context.Context, c *caller.Caller) error {
		r := newReporter(c, stdout, stderr)
		failed = crawl(ctx, c, o, r)
		if failed != nil && ctx.Err() != nil {
			failed = errInterrupted
		}
		return r.end(own, failed)
	}, caller.WithName("crawl"), caller.WithMaxIdleWorkers(o.workers))
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "crawl:", err) // the reporter is gone
		return 1
	case failed == errInterrupted:
		return 130
	case failed != nil:
		return 1
	}
	return 0
}

var errInterrupted = errors.New("interrupted")
