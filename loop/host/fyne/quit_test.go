package fynehost_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
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
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			again := exec.CommandContext(ctx, os.Args[0])
			again.Env = append(os.Environ(), child+"="+name)
			again.Cancel = func() error { return again.Process.Signal(syscall.SIGQUIT) } // it then tells where it hangs
			again.WaitDelay = 10 * time.Second
			out, err := again.CombinedOutput()
			require.NoError(t, err, string(out))
			require.Contains(t, string(out), "good")
		})
	}
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
	unwound := 0
	suspended := c.CallSoon(ctx, func(ctx context.Context) error {
		defer func() { unwound = loop.OSThreadID() }()
		if runs {
			go func() {
				time.Sleep(50 * time.Millisecond)
				fyne.Do(a.Quit)
			}()
		}
		return loop.Sleep(ctx, time.Hour)
	})
	if runs {
		a.Lifecycle().SetOnStarted(func() { started.Store(true) })
		a.Run()
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
