package mainthread_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/caller/mainthread"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// child is the variable by which the test binary, run again, learns what to do instead of testing. Tests run
// on goroutines of their own, so what needs main has to happen in TestMain.
const child = "PINION_MAINTHREAD_CHILD"

func TestMain(m *testing.M) {
	run, ok := programs[os.Getenv(child)]
	if !ok {
		goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("runtime.handleEvent"))
		return
	}
	if err := run(); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Print("good")
	os.Exit(0)
}

var errTest = errors.New("test error")

// programs are what main may do.
var programs = map[string]func() error{
	"is the main thread": func() error {
		return mainthread.Run(func(ctx context.Context, c *caller.Caller) error {
			for range 10 {
				if err := onMainThread(c); err != nil {
					return err
				}
				if err := loop.Sleep(ctx, 1000); err != nil {
					return err
				}
			}
			_, err := caller.CallSoon(ctx, c, func(context.Context) (int, error) { return 0, onMainThread(c) }).Wait(ctx)
			if err != nil {
				return err
			}
			other, err := c.Get("other")
			if err != nil {
				return err
			}
			_, err = other.CallSoon(ctx, func(context.Context) error {
				if onMainThread(other) == nil {
					return errors.New("another caller is on the main thread, too")
				}
				return c.Do(context.Background(), func() { err = onMainThread(c) })
			}).Wait(ctx)
			return err
		}, caller.WithName("main"))
	},
	"again": func() error {
		for range 3 {
			if err := mainthread.Run(func(_ context.Context, c *caller.Caller) error { return onMainThread(c) }); err != nil {
				return err
			}
		}
		return nil
	},
	"errors": func() error {
		err := mainthread.Run(func(context.Context, *caller.Caller) error { return errTest })
		if !errors.Is(err, errTest) {
			return fmt.Errorf("got %w", err)
		}
		err = mainthread.Run(func(context.Context, *caller.Caller) error { panic(errTest) })
		if _, ok := errors.AsType[*pending.PanicError](err); !ok {
			return fmt.Errorf("got %w", err)
		}
		if err = mainthread.Run(nil); !errors.Is(err, loop.ErrNilFunc) {
			return fmt.Errorf("got %w", err)
		}
		return nil
	},
	"inside itself": func() error {
		return mainthread.Run(func(context.Context, *caller.Caller) error {
			err := mainthread.Run(func(context.Context, *caller.Caller) error { return nil })
			// A call runs on a goroutine of its own, on the main thread.
			if !errors.Is(err, loop.ErrInUse) && !errors.Is(err, caller.ErrNotMainThread) {
				return fmt.Errorf("got %w", err)
			}
			return nil
		})
	},
}

// onMainThread says whether it runs where the process began: on Linux that thread has the process's number.
func onMainThread(c *caller.Caller) error {
	if runtime.GOOS == "linux" && loop.OSThreadID() != os.Getpid() {
		return fmt.Errorf("thread %d of process %d", loop.OSThreadID(), os.Getpid())
	}
	if !c.Loop().OnThread() || runtime.GOARCH != "wasm" && c.ThreadID() != loop.OSThreadID() {
		return errors.New("not on the caller's thread")
	}
	return nil
}

func TestPrograms(t *testing.T) {
	if runtime.GOARCH == "wasm" {
		t.Skip("there are no processes")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	for name := range programs {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), self)
			cmd.Env = append(os.Environ(), child+"="+name, "GORACE=atexit_sleep_ms=0")
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Equal(t, "good", string(out))
		})
	}
}

// C-06: elsewhere, such as on a test's goroutine, it is an error, and not a caller on the wrong thread.
func TestC06_RunElsewhere(t *testing.T) {
	if runtime.GOARCH == "wasm" {
		t.Skip("there is one thread only")
	}
	err := mainthread.Run(func(context.Context, *caller.Caller) error { panic("not reached") })
	require.ErrorIs(t, err, caller.ErrNotMainThread)
}
