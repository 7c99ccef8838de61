// Gl shows a window with a triangle that turns in front of water, drawn by OpenGL. It shows how a caller lives on a
// GUI's thread: the frames are drawn there, native events are handled there, and a simulation on another thread
// hands its pictures over to be uploaded there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/caller/mainthread"
	"github.com/pinion-go/pinion/loop/host/glfw"
)

type options struct {
	flood      bool
	frames     int
	screenshot string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code: 0, 1 for failures, 2 for misuse, 130 after Ctrl-C.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("gl", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&o.flood, "flood", false, "keep the window's thread busy with calls every other second, and compare the frames")
	flags.IntVar(&o.frames, "frames", 0, "end after this `number` of frames; 0 is when the window is closed")
	flags.StringVar(&o.screenshot, "screenshot", "", "write the last frame to this PNG `file`")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 0 || o.frames < 0 {
		flags.Usage()
		return 2
	}
	err := mainthread.Run(func(life context.Context, gui *caller.Caller) error {
		life, end := context.WithCancelCause(life)
		defer end(nil)
		defer context.AfterFunc(ctx, func() { end(ctx.Err()) })()
		shown, err := show(life, end, gui, o)
		fmt.Fprintf(stdout, "%d frames, the water at step %d\n", shown.frames, shown.step)
		if shown.flood != nil {
			fmt.Fprintln(stdout, shown.flood)
		}
		return err
	}, caller.WithName("gui"), caller.WithHost(glfw.NewHost()), caller.WithSlowCall(time.Second)) // opening a window is slow
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "gl: interrupted")
		return 130
	case err != nil:
		fmt.Fprintln(stderr, "gl:", err)
		return 1
	}
	return 0
}
