package main

import (
	"cmp"
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

// reporter writes to the terminal, and nobody else does while it is there. Its function is queued, so one piece of
// news is written after the other whoever reports, and nobody waits for the terminal. Its fields belong to the
// caller's thread.
type reporter struct {
	caller *caller.Caller
	write  *queue.Func[news]
	out    io.Writer
	err    io.Writer
	bar    *progressbar.ProgressBar // once the hashing has begun
	failed error                    // writing to out
	files  int
	bytes  int64
	thread map[int]bool // all that files were hashed on
}

type news struct {
	text    string // for out
	trouble string // for err
	bytes   int64  // that have been hashed
}

func newReporter(c *caller.Caller, stdout, stderr io.Writer) *reporter {
	r := &reporter{caller: c, out: stdout, err: stderr, thread: make(map[int]bool)}
	r.write = queue.NewFunc(func(_ context.Context, n news) error {
		r.print(n)
		return nil
	})
	return r
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

func (r *reporter) print(n news) {
	if r.bar != nil && n.text+n.trouble != "" {
		_ = r.bar.Clear()
	}
	if n.text != "" && r.failed == nil {
		_, r.failed = io.WriteString(r.out, n.text)
	}
	_, _ = io.WriteString(r.err, n.trouble)
	if n.bytes > 0 {
		_ = r.bar.Add64(n.bytes) // a file that has grown may be too much for it
	}
}

// begin says how much there is to hash. It is called before anything is reported.
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

// report queues what is to be said of f. The error is that of something reported before.
func (r *reporter) report(ctx context.Context, f file, list bool) error {
	r.files++
	r.bytes += f.bytes
	r.thread[f.thread] = true
	n := news{bytes: f.bytes}
	if list {
		n.text = fmt.Sprintf("%x  %s\n", f.hash, f.path)
	}
	return cmp.Or(r.failed, caller.QueueCall(ctx, r.caller, r.write, n))
}

// end queues the totals and what has gone wrong, and waits until all has been written: calls start in the order in
// which they are handed over. The error is what has gone wrong with that, if nothing had before.
func (r *reporter) end(ctx context.Context, failed error) error {
	var n news
	if r.bar != nil {
		n.text = fmt.Sprintf("%d files, %d bytes, hashed on %d threads\n", r.files, r.bytes, len(r.thread))
	}
	if failed != nil {
		n.trouble = fmt.Sprintln("crawl:", failed)
	}
	err := caller.QueueCall(ctx, r.caller, r.write, n)
	if err == nil {
		err = r.caller.CallSoon(ctx, func(context.Context) error { return nil }).WaitDone(ctx)
	}
	caller.QueueClose(r.caller, r.write)
	if failed != nil {
		return err
	}
	return cmp.Or(err, r.failed)
}
