// Offscreen renders pictures with OpenGL and no display. A context of OpenGL is current on one thread and
// every call of the library means the context of the thread it is made on, so each context has a caller of its
// own. With -unpinned the same calls are made from free goroutines, and the wrong pixels are counted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
)

// What OpenGL ES 3 has for sure, and what is enough to be seen.
const (
	maxSize     = 2048
	maxContexts = 64
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

type options struct {
	contexts int
	size     size
	dir      string
	unpinned bool
}

type size struct{ width, height int }

func (s size) String() string { return fmt.Sprintf("%dx%d", s.width, s.height) }

func (s *size) Set(text string) error {
	width, height, _ := strings.Cut(text, "x")
	var err, err2 error
	s.width, err = strconv.Atoi(width)
	s.height, err2 = strconv.Atoi(height)
	if err != nil || err2 != nil || min(s.width, s.height) < 1 || max(s.width, s.height) > maxSize {
		return fmt.Errorf("a size is such as 320x200, and neither may be above %d", maxSize)
	}
	return nil
}

// run returns the exit code: 0, 1 for failures and for wrong pixels where there should be none, 2 for misuse,
// 130 after Ctrl-C.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o := options{size: size{256, 256}}
	flags := flag.NewFlagSet("offscreen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: offscreen [flags]\n\nRenders pictures with OpenGL, without a display.")
		flags.PrintDefaults()
	}
	flags.IntVar(&o.contexts, "contexts", 8, "contexts to render with at the same time, a picture each")
	flags.Var(&o.size, "size", "`WxH` of the pictures")
	flags.StringVar(&o.dir, "o", "pictures", "`directory` for the pictures")
	flags.BoolVar(&o.unpinned, "unpinned", false, "render from free goroutines, to see what goes wrong")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 0 || o.contexts < 1 || o.contexts > maxContexts {
		flags.Usage()
		fmt.Fprintf(stderr, "there may be 1 to %d contexts, and no arguments\n", maxContexts)
		return 2
	}
	err := show(ctx, o, stdout)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "offscreen: interrupted")
		return 130
	case err != nil:
		fmt.Fprintln(stderr, "offscreen:", err)
		return 1
	}
	return 0
}

// show renders, writes the pictures and tells how they are.
func show(ctx context.Context, o options, out io.Writer) error {
	d, err := openDisplay()
	if err != nil {
		return err
	}
	defer d.close()
	pictures, err := renderAll(ctx, d, o)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.dir, 0o777); err != nil {
		return err
	}
	kind := "pinned"
	if o.unpinned {
		kind = "unpinned"
	}
	each := o.size.width * o.size.height
	all, right := each*len(pictures), 0
	var errs []error
	for i, p := range pictures {
		path := filepath.Join(o.dir, fmt.Sprintf("%s-%d.png", kind, i+1))
		if err := p.write(path); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d of %d pixels are right, %d errors, threads used: %d\n",
			path, p.right, each, len(p.errs), len(p.threads))
		right += p.right
		errs = append(errs, p.errs...)
	}
	fmt.Fprintf(out, "%s: %.1f %% of the pixels are wrong, %d errors\n",
		kind, 100*float64(all-right)/float64(all), len(errs))
	if right < all {
		errs = append(errs, errors.New("there are wrong pixels"))
	}
	if o.unpinned { // as was to be shown
		return nil
	}
	return errors.Join(errs...)
}

func (p picture) write(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(file, p.image), file.Close())
}
