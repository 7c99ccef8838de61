package loop_test

import (
	"bytes"
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

var background = context.Background()

// running makes a pinned loop that runs until the test ends.
func running(t testing.TB, opts ...loop.Option) *loop.Loop {
	t.Helper()
	l := loop.New(opts...)
	ended := make(chan error, 1)
	go func() { ended <- l.Run(background) }()
	t.Cleanup(func() {
		l.Stop()
		require.NoError(t, <-ended)
	})
	return l
}

// manual makes a loop that the calling goroutine drives, and stops at the end of the test.
func manual(t testing.TB, opts ...loop.Option) *loop.Loop {
	t.Helper()
	l := loop.New(opts...)
	t.Cleanup(func() { finish(l) })
	return l
}

// finish stops a manual loop on the goroutine that drives it.
func finish(l *loop.Loop) {
	l.Stop()
	l.RunPending()
}

// drain runs a manual loop until nothing is left to run now.
func drain(l *loop.Loop) (next time.Duration, ok bool) {
	for {
		if next, ok = l.RunPending(); !ok || next > 0 {
			return next, ok
		}
	}
}

// settle returns when everything that has been posted is over, what was suspended included.
func settle(t testing.TB, l *loop.Loop) {
	t.Helper()
	require.NoError(t, l.Do(background, func() {}))
	for l.Stats().Suspended > 0 {
		require.NoError(t, loop.Sleep(background, 100*time.Microsecond))
	}
	require.NoError(t, l.Do(background, func() {})) // the last one may still have been running
}

// onGoroutine runs fn on a goroutine of its own, which ends with it. A manual loop has to be driven by
// such a one where the test's own goroutine must stay unpinned.
func onGoroutine(fn func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn()
	}()
	<-done
}

// logs is where a loop under test logs to.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logs) option() loop.Option { return loop.WithLogger(zerolog.New(l)) }

// quiet is for loops whose calls fail on purpose.
func quiet() loop.Option { return loop.WithLogger(zerolog.Nop()) }

// skipOnJS skips what needs more than one thread, with the reason.
func skipOnJS(t testing.TB, reason string) {
	t.Helper()
	if runtime.GOOS == "js" {
		t.Skip(reason)
	}
}
