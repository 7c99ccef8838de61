package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/queue"
)

// reporter writes to the terminal. Its function is queued, so one line is written after the other whoever
// reports, and nobody waits for the terminal.
type reporter struct {
	out   io.Writer
	err   io.Writer
	bar   *progressbar.ProgressBar
	lines *queue.Func[line]
}

type line struct {
	text  string
	bytes int64
}

func newReporter(stdout, stderr io.Writer) *reporter {
	r := &reporter{out: stdout, err: stderr}
	r.lines = queue.NewFunc(r.write)
	return r
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

func (r *reporter) write(_ context.Context, l line) error {
	if _, err := io.WriteString(r.out, l.text); err != nil {
		return err
	}
	return r.bar.Add64(l.bytes)
}

// begin shows the bar. It is called before anything is reported.
func (r *reporter) begin(bytes int64) {
	r.bar = progressbar.NewOptions64(bytes,
		progressbar.OptionSetWriter(r.err),
		progressbar.OptionSetVisibility(isTerminal(r.err)),
		progressbar.OptionSetDescription("hashing"),
		progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
}

// report queues what is to be said of f.
func (r *reporter) report(ctx context.Context, c *caller.Caller, f file, list bool) {
	l := line{bytes: f.bytes}
	if list {
		l.text = fmt.Sprintf("%x  %s\n", f.hash, f.path)
	}
	if err := caller.QueueCall(ctx, c, r.lines, l); err != nil {
		c.Loop().Logger().Error().Err(err).Msg("not reported")
	}
}

// finish waits until everything reported has been written: calls start in the order in which they are handed
// over.
func (r *reporter) finish(ctx context.Context, c *caller.Caller) {
	_ = c.CallSoon(ctx, func(context.Context) error { return nil }).WaitDone(ctx)
	caller.QueueClose(c, r.lines)
}

// end removes the bar. Nothing may be reported any more.
func (r *reporter) end() {
	if r.bar != nil {
		_ = r.bar.Clear()
	}
}
