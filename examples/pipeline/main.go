// Pipeline counts the words of texts in three stages, each on a caller of its own, with bounded queues between
// them. It shows back-pressure, since a stage that is ahead waits for room, and that such waits do not block a
// thread: the second stage asks the first where it is, and gets its answer although the first is in the middle
// of waiting for room. With threads that block, each would wait for the other for ever.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/queue"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run returns the exit code: 0, 1 for failures, 2 for misuse, 130 after Ctrl-C.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("pipeline", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: pipeline [flags] [file ...]\n\nCounts lines and words, of the standard input if no file is named.")
		flags.PrintDefaults()
	}
	limit := flags.Int("limit", 8, "lines and reports that may wait between two stages")
	every := flags.Int("every", 1000, "lines between two reports")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if *limit < 1 || *every < 1 {
		flags.Usage()
		return 2
	}
	in, err := open(flags.Args(), stdin)
	if err == nil {
		err = pipeline(ctx, in, stdout, *limit, *every)
	}
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "pipeline: interrupted")
		return 130
	}
	fmt.Fprintln(stderr, "pipeline:", err)
	return 1
}

func open(names []string, stdin io.Reader) (io.Reader, error) {
	if len(names) == 0 {
		return stdin, nil
	}
	var files []io.Reader
	for _, name := range names {
		file, err := os.Open(name) // closed by the end of the process
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return io.MultiReader(files...), nil
}

// report is what the second stage knows after some lines.
type report struct {
	lines, words int
	ahead        int // lines that the first stage has read since
	last         bool
}

func pipeline(ctx context.Context, in io.Reader, out io.Writer, limit, every int) error {
	reader, err := caller.New(ctx, caller.WithName("read"))
	if err != nil {
		return err
	}
	defer reader.Close()
	counter, err := caller.New(ctx, caller.WithName("count"))
	if err != nil {
		return err
	}
	defer counter.Close()
	writer, err := caller.New(ctx, caller.WithName("write"))
	if err != nil {
		return err
	}
	defer writer.Close()

	lines, reports := queue.NewQueue[string](limit), queue.NewQueue[report](limit)
	stages := &stages{reader: reader, every: every}
	return group.Run(ctx, func(ctx context.Context, _ *group.PendingGroup) error {
		reader.CallSoon(ctx, func(ctx context.Context) error { return stages.read(ctx, in, lines) })
		counter.CallSoon(ctx, func(ctx context.Context) error { return stages.count(ctx, lines, reports) })
		writer.CallSoon(ctx, func(ctx context.Context) error { return write(ctx, reports, out) })
		return nil
	})
}

type stages struct {
	reader *caller.Caller
	every  int
	seen   int // lines; only calls on reader touch it, so it needs no lock
}

// read is the first stage. It closes its queue at the end of the text only: a closed queue says that there is no
// more, and if this stage fails it is the group that ends the others.
func (s *stages) read(ctx context.Context, in io.Reader, to *queue.Queue[string]) error {
	text := bufio.NewReader(in)
	for {
		line, err := loop.Block(ctx, func(context.Context) (string, error) { return text.ReadString('\n') })
		if line != "" {
			s.seen++
			if err := to.Put(ctx, line); err != nil { // waits while there is no room
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			to.Close()
			return nil
		} else if err != nil {
			return err
		}
	}
}

// where asks the first stage how many lines it has read: a call on its thread, which is free while read waits.
func (s *stages) where(ctx context.Context) (int, error) {
	return caller.CallSoon(ctx, s.reader, func(context.Context) (int, error) { return s.seen, nil }).Wait(ctx)
}

// count is the second stage.
func (s *stages) count(ctx context.Context, from *queue.Queue[string], to *queue.Queue[report]) error {
	var r report
	for line, err := range from.All(ctx) {
		if err != nil {
			return err
		}
		r.lines++
		r.words += len(strings.Fields(line))
		if r.lines%s.every != 0 {
			continue
		}
		read, err := s.where(ctx)
		if err != nil {
			return err
		}
		r.ahead = read - r.lines
		if err := to.Put(ctx, r); err != nil {
			return err
		}
	}
	r.last = true
	if err := to.Put(ctx, r); err != nil {
		return err
	}
	to.Close()
	return nil
}

// write is the third stage.
func write(ctx context.Context, from *queue.Queue[report], out io.Writer) error {
	for r, err := range from.All(ctx) {
		if err != nil {
			return err
		}
		if r.last {
			fmt.Fprintf(out, "%d lines, %d words\n", r.lines, r.words)
		} else {
			fmt.Fprintf(out, "%d lines so far; the reader is %d ahead\n", r.lines, r.ahead)
		}
	}
	return nil
}
