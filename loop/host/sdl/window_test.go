//go:build unix

package sdl_test

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

	"github.com/Zyko0/go-sdl3/sdl"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/caller/mainthread"
	"github.com/pinion-go/pinion/loop"
	host "github.com/pinion-go/pinion/loop/host/sdl"
	"github.com/pinion-go/pinion/loop/host/xvfb"
)

// programs are what main may do, on an X server.
var programs = map[string]func() error{
	"window": window,
	"driver": func() error {
		setDriver("none such")
		err := mainthread.Run(func(context.Context, *caller.Caller) error { panic("not reached") }, caller.WithHost(host.NewHost(ignore)), quiet)
		if err == nil || !strings.Contains(err.Error(), "none such not available") {
			return fmt.Errorf("got %w", err)
		}
		return nil
	},
}

// window shows one, in which calls and events share the thread, and which sleeps when nothing happens.
func window() error {
	shown := make(chan struct{}, 1)
	h := host.NewHost(func(event sdl.Event) {
		if event.Type == sdl.EVENT_WINDOW_EXPOSED {
			select {
			case shown <- struct{}{}:
			default:
			}
		}
	})
	return mainthread.Run(func(ctx context.Context, c *caller.Caller) error {
		if sdl.GetCurrentVideoDriver() != "x11" {
			return errors.New(sdl.GetCurrentVideoDriver())
		}
		w, err := sdl.CreateWindow("test", 320, 200, 0)
		if err != nil {
			return err
		}
		defer w.Destroy()
		if _, _, err := loop.Receive(ctx, shown); err != nil {
			return err
		}
		for range 100 { // from another thread, by which the native wait is woken
			_, err := loop.Block(ctx, func(ctx context.Context) (struct{}, error) {
				time.Sleep(time.Millisecond)
				return struct{}{}, c.Do(ctx, func() {})
			})
			if err != nil {
				return err
			}
		}
		if err := loop.Sleep(ctx, 500*time.Millisecond); err != nil {
			return err
		}
		before := use()
		if err := loop.Sleep(ctx, time.Second); err != nil {
			return err
		}
		return before.idleSince(time.Second)
	}, caller.WithHost(h))
}

// usage is the processor time of this process, and how often one of its threads has gone to sleep.
type usage struct {
	processor time.Duration
	sleeps    int64
}

func use() usage {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return usage{time.Duration(u.Utime.Nano() + u.Stime.Nano()), int64(u.Nvcsw)}
}

// idleSince is an error if something has spun, or looked every millisecond, in the time that has passed since then.
func (before usage) idleSince(passed time.Duration) error {
	now := use()
	took, sleeps := now.processor-before.processor, now.sleeps-before.sleeps
	if took > passed/2 || sleeps > passed.Milliseconds()/2 {
		return fmt.Errorf("%v idle took %v of the processor and %d sleeps", passed, took, sleeps)
	}
	return nil
}

func TestMainThread(t *testing.T) {
	stop, err := xvfb.Start()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip(err)
	}
	require.NoError(t, err)
	defer stop()
	self, err := os.Executable()
	require.NoError(t, err)
	for name := range programs {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), self)
			cmd.Env = append(os.Environ(), child+"="+name, "SDL_VIDEO_DRIVER=x11", "GORACE=atexit_sleep_ms=0")
			var errs strings.Builder
			cmd.Stderr = &errs
			out, err := cmd.Output()
			require.NoError(t, err, "%s\n%s", out, &errs)
			require.Equal(t, "good", string(out))
		})
	}
}
