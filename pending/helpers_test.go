package pending_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

const (
	second = time.Second
	hour   = time.Hour
)

// never is a context that does not end.
var never = context.Background()

// running makes a loop that runs until the test ends. Inside a bubble, synctest.Wait returns once it
// has nothing to do.
func running(t *testing.T, opts ...loop.Option) *loop.Loop {
	t.Helper()
	l := loop.New(opts...)
	go l.Run(never)
	t.Cleanup(func() {
		l.Stop()
		<-l.Done()
	})
	return l
}

// manual makes a loop that the test drives with drive.
func manual(t *testing.T, opts ...loop.Option) *loop.Loop {
	t.Helper()
	l := loop.New(opts...)
	t.Cleanup(func() {
		l.Stop()
		l.RunPending()
		<-l.Done()
	})
	return l
}

// drive runs what is ready on a manual loop.
func drive(l *loop.Loop) {
	for next, more := l.RunPending(); more && next == 0; {
		next, more = l.RunPending()
	}
}

// gate is something to wait for that a test ends when it likes.
type gate = pending.Pending[pending.None]

func newGate() *gate { return pending.New[pending.None](never) }

// newGateIn makes a gate that opens by itself.
func newGateIn(d time.Duration) *gate {
	g := newGate()
	time.AfterFunc(d, func() { open(g) })
	return g
}

func open(g *gate) { g.SetResult(pending.None{}) }

// through returns a function that waits for g under its own context and then returns v.
func through[T any](g *gate, v T) func(context.Context) (T, error) {
	return func(ctx context.Context) (T, error) {
		_, err := g.Wait(ctx, pending.Protect())
		return v, err
	}
}

func constant[T any](v T) func(context.Context) (T, error) {
	return func(context.Context) (T, error) { return v, nil }
}

// bubble runs each case of a table in a bubble of its own.
func bubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// requireCancelled asserts everything that makes a Pending one that ended as cancelled.
func requireCancelled(t *testing.T, p pending.Handle) {
	t.Helper()
	require.True(t, p.IsDone(), "%v is not done", p)
	require.True(t, p.Cancelled(), "%v is not cancelled, its error is %v", p, p.Err())
	require.ErrorIs(t, p.Err(), pending.ErrCancelled)
	require.ErrorIs(t, p.Err(), context.Canceled)
	var cancelled *pending.CancelledError
	require.ErrorAs(t, p.Err(), &cancelled)
}

func requireResult[T any](t *testing.T, p *pending.Pending[T], want T) {
	t.Helper()
	require.True(t, p.IsDone(), "%v is not done", p)
	v, err := p.Result()
	require.NoError(t, err)
	require.Equal(t, want, v)
	require.False(t, p.Cancelled())
}

func requireOpen(t *testing.T, p pending.Handle) {
	t.Helper()
	require.False(t, p.IsDone(), "%v is done", p)
	require.ErrorIs(t, p.Err(), pending.ErrNotDone)
}

// closed reports whether ch is closed now.
func closed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// logBuffer is what a loop logs to.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func withLog(b *logBuffer) loop.Option { return loop.WithLogger(zerolog.New(b)) }

// stderrOf returns what f writes to standard error, where the log of Pendings goes that have no loop.
// No test of this package runs in parallel to others.
func stderrOf(t *testing.T, f func()) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "stderr")
	file, err := os.Create(name)
	require.NoError(t, err)
	old := os.Stderr
	os.Stderr = file
	defer func() { os.Stderr = old }()
	f()
	require.NoError(t, file.Close())
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

// quiet throws away what is logged to standard error until the test ends.
func quiet(t testing.TB) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	require.NoError(t, err)
	old := os.Stderr
	os.Stderr = null
	t.Cleanup(func() {
		os.Stderr = old
		null.Close()
	})
}

// rounds is n, or fewer where a round is dear.
func rounds(n int) int {
	if testing.Short() || runtime.GOARCH == "wasm" {
		return n / 10
	}
	return n
}

// lockstep calls all functions for each round, on goroutines that wait for each other before every
// round, so that they run at the same time as exactly as can be had.
func lockstep(rounds int, fns ...func(round int)) {
	var arrived atomic.Int64
	var all sync.WaitGroup
	for _, fn := range fns {
		all.Go(func() {
			for round := range rounds {
				arrived.Add(1)
				for arrived.Load() < int64((round+1)*len(fns)) {
					runtime.Gosched()
				}
				fn(round)
			}
		})
	}
	all.Wait()
}

// sleepUntilIdle lets d of a bubble's time pass, and then all that has become ready run.
func sleepUntilIdle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// check is an assertion for goroutines other than the test's, and for calls: it does not end them.
func check(t *testing.T, ok bool, what string) {
	t.Helper()
	if !ok {
		t.Error("wrong: " + what)
	}
}

// requireHandles asserts that got is the very Pendings of want.
func requireHandles(t *testing.T, got []pending.Handle, want ...pending.Handle) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		require.Same(t, want[i], got[i], "number %d", i)
	}
}
