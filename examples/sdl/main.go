// Sdl is a small game loop on SDL 3, without cgo. Sprites bounce through a window; each space bar loads another
// picture from a slow server, inside the call that handles the key, and the frames go on while that waits.
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
	"time"

	"github.com/Zyko0/go-sdl3/bin/binsdl"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/caller/mainthread"
	host "github.com/pinion-go/pinion/loop/host/sdl"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run returns the exit code: 0, 1 for failures, 2 for misuse, 130 after Ctrl-C and SIGTERM.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("sdl", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.frames, "frames", 0, "stop after so many frames; 0 is when the window is closed")
	flags.IntVar(&o.every, "every", 60, "begin to load a picture every so many frames, besides the space bar; 0 is never")
	flags.StringVar(&o.screenshot, "screenshot", "", "write the last one of -frames to this PNG `file`")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 0 || o.frames < 0 || o.every < 0 || o.screenshot != "" && o.frames == 0 {
		flags.Usage()
		return 2
	}
	defer binsdl.Load().Unload()
	// Load has the signals that end programs delivered to itself, and removes the library when one comes.
	signal.Reset(os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	ctx, release := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer release()
	url, stop, err := serve()
	if err != nil {
		fmt.Fprintln(stderr, "sdl:", err)
		return 1
	}
	defer stop()
	g := &game{options: o, url: url, closed: make(chan struct{}, 1)}
	err = mainthread.Run(func(own context.Context, c *caller.Caller) error {
		own, cancel := context.WithCancel(own)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		return g.play(own, c)
	}, caller.WithName("game"), caller.WithHost(host.NewHost(g.handle)), caller.WithSlowCall(time.Second)) // opening a window is slow
	fmt.Fprintf(stdout, "%d frames, %d of them while a load was suspended; %d pictures loaded\n", g.drawn, g.meanwhile, g.loaded)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "sdl: interrupted")
		return 130
	case err != nil:
		fmt.Fprintln(stderr, "sdl:", err)
		return 1
	}
	return 0
}
