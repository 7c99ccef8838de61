package fynehost_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	fynehost "github.com/pinion-go/pinion/loop/host/fyne"
)

func TestLife(t *testing.T) {
	for name := range programs {
		t.Run(name, func(t *testing.T) {
			out, err := program(t, name)
			for range 4 {
				if err == nil || !fynesFault(out) {
					break
				}
				t.Log("Fyne has failed to quit, once more")
				out, err = program(t, name)
			}
			require.NoError(t, err, out)
			require.Contains(t, out, "good")
		})
	}
}

// program runs one of the programs in a process of its own.
func program(t *testing.T, name string) (out string, err error) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	again := exec.CommandContext(ctx, os.Args[0])
	again.Env = append(os.Environ(), child+"="+name)
	again.Cancel = func() error { return again.Process.Signal(syscall.SIGQUIT) } // it then tells where it hangs
	again.WaitDelay = 10 * time.Second
	printed, err := again.CombinedOutput()
	return string(printed), err
}

// hangs is what a program says when Fyne does not return from Run although it has quit.
const hangs = "Fyne hangs"

// fynesFault reports whether a program has failed because of Fyne alone: when its app quits, its last event may find
// the queue for the main goroutine closed, or drained for the last time.
func fynesFault(out string) bool {
	return strings.Contains(out, hangs) || strings.Contains(out, "internal/app.(*Lifecycle).RunEventQueue")
}

// programs are what main may do with an app.
var programs = map[string]func(a fyne.App) error{
	"before, while and after the app runs": func(a fyne.App) error { return life(a, true) },
	"an app that never runs":               func(a fyne.App) error { return life(a, false) },
}

func life(a fyne.App, runs bool) error {
	ctx := context.Background()
	guest, err := fynehost.Guest(a)
	if err != nil {
		return err
	}
	c, err := caller.New(ctx, caller.WithGuest(guest))
	if err != nil {
		return err
	}
	main := loop.OSThreadID()
	var started, ran, astray atomic.Bool
	note := func() {
		ran.Store(true)
		if !started.Load() || loop.OSThreadID() != main {
			astray.Store(true)
		}
	}
	early := []interface{ Err() error }{}
	submit := func() {
		early = append(early, c.CallSoon(ctx, func(context.Context) error { note(); return nil }))
	}
	submit()
	elsewhere := make(chan struct{})
	go func() {
		defer close(elsewhere)
		submit()
	}()
	<-elsewhere
	time.Sleep(50 * time.Millisecond)
	if ran.Load() {
		return errors.New("a call has run before the app does")
	}
	unwound, returned := 0, make(chan struct{})
	suspended := c.CallSoon(ctx, func(ctx context.Context) error {
		defer func() { unwound = loop.OSThreadID() }()
		if runs {
			go func() {
				time.Sleep(50 * time.Millisecond)
				fyne.Do(a.Quit)
				select {
				case <-returned:
				case <-time.After(10 * time.Second):
					fmt.Println(hangs)
					os.Exit(1)
				}
			}()
		}
		return loop.Sleep(ctx, time.Hour)
	})
	if runs {
		a.Lifecycle().SetOnStarted(func() { started.Store(true) })
		a.Run()
		close(returned)
		for _, p := range early {
			if err := p.Err(); err != nil || !ran.Load() {
				return fmt.Errorf("a call from before the app ran: %w", err)
			}
		}
	}
	late := c.CallSoon(ctx, func(context.Context) error { return errors.New("ran after the app had quit") })
	go guest(func() { astray.Store(true) })
	guest(func() { astray.Store(true) })
	time.Sleep(50 * time.Millisecond)
	if err := fynehost.Stop(ctx, c); err != nil {
		return err
	}
	for _, p := range []interface{ Err() error }{suspended, late, c.CallSoon(ctx, func(context.Context) error { return nil })} {
		if !errors.Is(p.Err(), loop.ErrStopped) {
			return fmt.Errorf("after Stop: %v", p.Err())
		}
	}
	if astray.Load() || runs && unwound != main {
		return fmt.Errorf("something ran where it must not: %v, %d", astray.Load(), unwound)
	}
	return nil
}
