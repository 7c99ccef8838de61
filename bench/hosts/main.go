// Command hosts measures callers that live in a toolkit's loop beside that toolkit's own way of having a function run
// on its thread: how long a post to a sleeping loop takes to arrive, and how long 100,000 posts take. Each toolkit has
// a process of its own, in which both ways take turns. See the README of bench.
//
// The exit status says whether every function ran, and nothing about speed.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/pinion-go/pinion/bench/internal/measure"
	_ "github.com/pinion-go/pinion/caller/mainthread" // for toolkits that insist on that thread
	"github.com/pinion-go/pinion/loop/host/xvfb"
)

func main() {
	if err := command(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pinion bench/hosts:", err)
		os.Exit(1)
	}
}

func command(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("hosts", flag.ExitOnError)
	short := flags.Bool("short", false, "do as little as shows that everything works")
	name := flags.String("toolkit", "", "measure only this `one`: glib, glfw, sdl or fyne")
	run := flags.String("run", "", "measure only the workloads whose names match this `regexp`")
	rounds := flags.Int("rounds", 25, "how often each contender has a turn")
	slice := flags.Duration("slice", 100*time.Millisecond, "how long a turn takes")
	if err := flags.Parse(args); err != nil {
		return err
	}
	match, err := regexp.Compile(*run)
	if err != nil {
		return err
	}
	cfg := measure.NewConfig(*rounds, *slice, *short)
	stop, err := xvfb.Start()
	if err != nil {
		return err
	}
	defer stop()
	if *name != "" {
		return inside(*name, cfg, match, stdout)
	}
	measure.NewReport(cfg).WriteHead(stdout)
	for _, t := range toolkits {
		child, err := measure.Self("-toolkit", t.name, "-run", *run, "-rounds", strconv.Itoa(*rounds), "-slice", slice.String(), "-short="+strconv.FormatBool(*short))
		if err != nil {
			return err
		}
		child.Stdout = stdout
		if err := child.Run(); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// inside measures in the toolkit of that name, which gets the calling goroutine, that is main's.
func inside(name string, cfg measure.Config, match *regexp.Regexp, stdout io.Writer) error {
	for _, t := range toolkits {
		if t.name != name {
			continue
		}
		return t.run(func(ways []way) error {
			tables, err := measure.Tables(stdout, cfg, match, workloads(t, ways))
			if err == nil {
				measure.WriteVerdicts(stdout, measure.Judge(tables, requirements(t, ways)))
			}
			return err
		})
	}
	return fmt.Errorf("no toolkit is called %q", name)
}
