package loop_test

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pinion-go/pinion/loop"
)

// crashEnv names the crash that a child process is to bring about.
const crashEnv = "PINION_LOOP_CRASH"

// crashes are the documented ways to end the process. None of them can be recovered from, or even
// noticed in time at a bearable cost; the tests keep the documentation honest, and tell when a new
// version of Go changes any of it.
var crashes = map[string]struct {
	run    func()
	prints string // empty: it must not crash
}{
	// golang/go#67499: a coroutine may not be left under another state of LockOSThread than the one it
	// was made in. See Sleep and its neighbours.
	"LockOSThread then suspend": {
		run: func() {
			onLoop(func() {
				runtime.LockOSThread()
				_ = loop.Sleep(context.Background(), time.Millisecond)
			})
		},
		prints: "fatal error: coro: OS thread locking must match",
	},
	"LockOSThread, unlock, then suspend": {
		run: func() {
			onLoop(func() {
				runtime.LockOSThread()
				runtime.UnlockOSThread()
				_ = loop.Sleep(context.Background(), time.Millisecond)
			})
		},
	},
	"UnlockOSThread, then return": {
		run:    func() { onLoop(runtime.UnlockOSThread) },
		prints: "fatal error: coro: OS thread locking must match",
	},
	"LockOSThread, then return": {
		run:    func() { onLoop(runtime.LockOSThread) },
		prints: "fatal error: coro: OS thread locking must match",
	},
}

// onLoop runs fn on a loop.
func onLoop(fn func()) {
	l := loop.New()
	go func() { _ = l.Run(context.Background()) }()
	_ = l.Do(context.Background(), fn)
	l.Stop()
	<-l.Done()
}

func TestCrashes(t *testing.T) {
	if runtime.GOOS == "js" {
		t.Skip("js/wasm can start no process")
	}
	for name, crash := range crashes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, os.Args[0])
			cmd.Env = append(os.Environ(), crashEnv+"="+name)
			out, err := cmd.CombinedOutput()
			if crash.prints == "" {
				assert.NoError(t, err, "%s", out)
				return
			}
			assert.Error(t, err)
			assert.Contains(t, string(out), crash.prints)
		})
	}
}
