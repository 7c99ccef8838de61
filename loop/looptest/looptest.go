package looptest

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

// Driver makes loops of one kind, and drives them.
type Driver struct {
	// New makes a loop with opts and with whatever else its kind needs. drive drives it until it has
	// stopped.
	New func(t testing.TB, opts ...loop.Option) (l *loop.Loop, drive func())
	// Native makes a native event of the toolkit that drives l, which is there when Native returns: the toolkit calls
	// handler when it handles its events next. The suite calls it on l's thread. It is nil where there is no toolkit.
	Native func(t testing.TB, l *loop.Loop, handler func())
}

// Case is one test of the suite.
type Case struct {
	Name string
	Run  func(t *testing.T, d Driver)
}

// Cases returns the suite.
func Cases() []Case {
	var all []Case
	for _, group := range [][]Case{order, thread, do, failures, waits, timers, wakes, stops, mailbox, fairness, native, idle, stats} {
		all = append(all, group...)
	}
	return all
}

// Run runs the suite on d's loops.
func Run(t *testing.T, d Driver) {
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) { c.Run(t, d) })
	}
}

// guard is how long a case may take before it counts as hanging.
const guard = time.Minute

var background = context.Background()

// drive makes a loop that is driven until the test ends.
func (d Driver) drive(t *testing.T, opts ...loop.Option) *loop.Loop {
	t.Helper()
	l, run := d.make(t, opts...)
	run()
	return l
}

// make makes a loop that is driven once run is called, until the test ends at the latest. It logs
// nothing.
func (d Driver) make(t *testing.T, opts ...loop.Option) (l *loop.Loop, run func()) {
	t.Helper()
	l, drive := d.New(t, append([]loop.Option{loop.WithLogger(zerolog.Nop())}, opts...)...)
	return l, func() {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			drive()
		}()
		t.Cleanup(func() {
			l.Stop()
			await(t, ended)
			await(t, l.Done())
		})
	}
}

// await receives from ch.
func await[T any](t *testing.T, ch <-chan T) (v T) {
	t.Helper()
	timer := time.NewTimer(guard)
	defer timer.Stop()
	select {
	case v = <-ch:
	case <-timer.C:
		buf := make([]byte, 1<<20)
		t.Fatalf("hangs\n%s", buf[:runtime.Stack(buf, true)])
	}
	return v
}

// call runs fn as a call of its own, which may wait, and returns when it has ended.
func call(t *testing.T, l *loop.Loop, fn func()) {
	t.Helper()
	require.NoError(t, l.Do(background, fn))
}

// begin starts a call, and returns what is closed when it has ended.
func begin(t *testing.T, l *loop.Loop, fn func()) <-chan struct{} {
	t.Helper()
	ended := make(chan struct{})
	require.NoError(t, l.Post(func() {
		defer close(ended)
		fn()
	}))
	return ended
}

// occupy holds the loop's thread until release is called.
func occupy(t *testing.T, l *loop.Loop) (release func()) {
	t.Helper()
	held, free := make(chan struct{}), make(chan struct{})
	ended := begin(t, l, func() {
		close(held)
		<-free
	})
	await(t, held)
	return func() {
		close(free)
		await(t, ended)
	}
}

// threadID is the calling thread's number, where threads have one.
func threadID() int {
	switch runtime.GOOS {
	case "linux", "darwin", "windows":
		return loop.OSThreadID()
	}
	return 0
}
