// Python embeds CPython: each interpreter lives on a caller, which keeps its thread state and whatever scripts
// keep for their thread. It runs a script, or shows what is different without a caller.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/pinion-go/pinion/pending"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code: that of the script; 1 after an exception or when the demonstration fails, 2 for misuse,
// 120 when output is lost, 130 after Ctrl-C. A script writes to the process's own standard output.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("python", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: python [script.py [argument…]]\n\nRuns a script; without one, a demonstration.")
	}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		return script(ctx, flags.Args(), stderr)
	}
	err := demonstrate(ctx, stdout)
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "python: interrupted")
		return 130
	}
	fmt.Fprintln(stderr, "python:", err)
	return 1
}

// script runs a script with the arguments that argv holds after its name.
func script(ctx context.Context, argv []string, stderr io.Writer) int {
	in, err := Start(context.WithoutCancel(ctx), argv...)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	_, err = in.RunFile(ctx, argv[0]).Wait(ctx, pending.Shield()) // an interrupted script may take its time
	code := exitCode(err, stderr)
	if err := in.Close(); err != nil {
		fmt.Fprintln(stderr, err)
		code = max(code, 120)
	}
	return code
}

// exitCode also prints what there is to say of err.
func exitCode(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	if e, ok := errors.AsType[*ExitError](err); ok {
		if e.Message != "" {
			fmt.Fprintln(stderr, e.Message)
		}
		return e.Code
	}
	e, ok := errors.AsType[*PythonError](err)
	switch {
	case !ok:
		fmt.Fprintln(stderr, "python:", err)
		return 2
	case e.Type == "KeyboardInterrupt":
		fmt.Fprint(stderr, e.Traceback)
		return 130
	}
	fmt.Fprint(stderr, e.Traceback)
	return 1
}
