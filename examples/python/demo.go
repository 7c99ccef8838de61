package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/pending"
)

const users = 100 // goroutines

const module = `
import threading

count = 0
local = threading.local()

def square(x):
    global count
    count += 1
    return x * x

def remember(who):
    local.who = who

def remembered():
    return getattr(local, "who", None)

def fail(x):
    return 1 / x
`

// demonstrate starts Python and ends it.
func demonstrate(ctx context.Context, out io.Writer) error {
	main, err := Start(ctx)
	if err != nil {
		return err
	}
	err = show(ctx, out, main)
	if err = errors.Join(err, main.Close()); err != nil {
		return err
	}
	_, err = Start(ctx)
	fmt.Fprintln(out, "all closed, the main one last; a second start:", err)
	if errors.Is(err, ErrStarted) {
		return nil
	}
	return fmt.Errorf("the second start: %w", err)
}

func show(ctx context.Context, out io.Writer, main *Interpreter) error {
	all := []*Interpreter{main}
	for _, name := range []string{"red", "green", "blue"} {
		sub, err := main.Sub(ctx, name)
		if err != nil {
			return err
		}
		all = append(all, sub)
	}
	threads := make(map[int]bool)
	for _, in := range all {
		threads[in.c.ThreadID()] = true
		if _, err := in.Exec(ctx, module).Wait(ctx); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%d interpreters on %d threads\n", len(all), len(threads))
	for _, part := range []func(context.Context, io.Writer, []*Interpreter) error{calls, locals, exceptions, cancelling} {
		if err := part(ctx, out, all); err != nil {
			return err
		}
	}
	return nil
}

// together runs fn on users goroutines and joins their errors.
func together(fn func(user int) error) error {
	errs := make([]error, users)
	var wg sync.WaitGroup
	for i := range users {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// calls has many goroutines call every interpreter, the first once each, the second twice, and so on.
func calls(ctx context.Context, out io.Writer, all []*Interpreter) error {
	var right, made atomic.Int64
	err := together(func(user int) error {
		for i, in := range all {
			for range i + 1 {
				v, err := in.Call(ctx, "square", user).Wait(ctx)
				if err != nil {
					return err
				}
				made.Inc()
				if v == int64(user*user) {
					right.Inc()
				}
			}
		}
		return nil
	})
	fmt.Fprintf(out, "%d calls from %d goroutines, %d results right\n", made.Load(), users, right.Load())
	if err != nil {
		return err
	}
	fmt.Fprint(out, "each has counted its own:")
	for _, in := range all {
		count, err := in.Eval(ctx, "count").Wait(ctx)
		if err != nil {
			return err
		}
		fmt.Fprint(out, " ", in.c.Name(), " ", count)
	}
	fmt.Fprintln(out)
	return nil
}

// locals counts what Python remembers of a thread from one call to the next.
func locals(ctx context.Context, out io.Writer, all []*Interpreter) error {
	main := all[0]
	if _, err := main.Call(ctx, "remember", "the caller").Wait(ctx); err != nil {
		return err
	}
	var kept, lost atomic.Int64
	err := together(func(user int) error {
		v, err := main.Call(ctx, "remembered").Wait(ctx)
		if v == "the caller" {
			kept.Inc()
		}
		if err != nil {
			return err
		}
		if _, err := free(main, "remember", user); err != nil {
			return err
		}
		if v, err = free(main, "remembered"); v != int64(user) {
			lost.Inc()
		}
		return err
	})
	fmt.Fprintf(out, "threading.local: kept in %d of %d calls through a caller, lost in %d of %d from free goroutines\n",
		kept.Load(), users, lost.Load(), users)
	return err
}

func exceptions(ctx context.Context, out io.Writer, all []*Interpreter) error {
	_, err := all[1].Call(ctx, "fail", 0).Wait(ctx)
	e, ok := errors.AsType[*PythonError](err)
	if !ok {
		return fmt.Errorf("no exception: %w", err)
	}
	fmt.Fprintf(out, "an exception of type %s: %s\n%s", e.Type, e.Message, e.Traceback)
	return nil
}

// endless starts an endless loop and waits until it runs.
func endless(ctx context.Context, in *Interpreter) (*pending.Pending[pending.None], error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	p := in.Exec(ctx, fmt.Sprintf("import os\nos.write(%d, b'.')\nwhile True: pass", w.Fd()))
	p.AddDoneCallback(func(pending.Handle) { w.Close() })
	_, err = r.Read(make([]byte, 1))
	return p, err
}

// cancelling interrupts an endless loop in one interpreter after the other: Python 3.11 does not make one that is
// busy give way to another.
func cancelling(ctx context.Context, out io.Writer, all []*Interpreter) error {
	interrupted, answering := 0, 0
	for _, in := range all {
		p, err := endless(ctx, in)
		if err != nil {
			return err
		}
		p.Cancel("enough")
		_, err = p.Wait(ctx)
		if e, ok := errors.AsType[*PythonError](err); ok && e.Type == "KeyboardInterrupt" {
			interrupted++
		}
		v, err := in.Call(ctx, "square", 7).Wait(ctx)
		if err != nil {
			return err
		}
		if v == int64(49) {
			answering++
		}
	}
	fmt.Fprintf(out, "endless loops cancelled: %d KeyboardInterrupts, %d interpreters answer afterwards\n", interrupted, answering)
	return nil
}
