package caller_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/registry"
)

var errTest = errors.New("test error")

var (
	quiet      = caller.WithLogger(zerolog.Nop())
	errorsOnly = caller.WithLogger(zerolog.New(os.Stderr).Level(zerolog.ErrorLevel))
)

// withDefaults puts opts behind those that tests want.
func withDefaults(opts []caller.Option) []caller.Option {
	return append([]caller.Option{errorsOnly}, opts...)
}

// bubble runs f with virtual time. It ends with the leak check: the bubble fails when a goroutine or a
// coroutine is left, and no caller may be registered.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
	require.Empty(t, registry.All(false), "callers are left over")
}

// realTime is for what bubbles cannot do. It makes the leak check at the end of the test.
func realTime(t *testing.T) {
	t.Helper()
	ignore := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		goleak.VerifyNone(t, ignore, ignored)
		require.Empty(t, registry.All(false), "callers are left over")
	})
}

// start makes a caller that is closed when the test ends, if not before.
func start(t testing.TB, opts ...caller.Option) *caller.Caller {
	t.Helper()
	c, err := caller.New(context.Background(), withDefaults(opts)...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// manual makes a caller that the test drives. It is closed when the test ends, if not before.
func manual(t testing.TB, opts ...caller.Option) *caller.Caller {
	t.Helper()
	c, err := caller.Manual(context.Background(), withDefaults(opts)...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func get(t testing.TB, c *caller.Caller, name string, opts ...caller.Option) *caller.Caller {
	t.Helper()
	child, err := c.Get(name, opts...)
	require.NoError(t, err)
	return child
}

// needThreads skips a test where there is one thread for everything.
func needThreads(t testing.TB) {
	t.Helper()
	if runtime.GOARCH == "wasm" {
		t.Skip("there is one thread only")
	}
}

// call runs fn as a call on c and waits for its result.
func call[T any](t testing.TB, c *caller.Caller, fn func(ctx context.Context) T) T {
	t.Helper()
	v, err := caller.CallSoon(context.Background(), c, func(ctx context.Context) (T, error) { return fn(ctx), nil }).Wait(context.Background())
	require.NoError(t, err)
	return v
}

// give makes a function that returns v.
func give[T any](v T) func(context.Context) (T, error) {
	return func(context.Context) (T, error) { return v, nil }
}

// nothing is a function without effect.
func nothing(context.Context) error { return nil }

// suspend waits for what never comes: until ctx ends or the caller stops.
func suspend(ctx context.Context) error {
	return pending.New[pending.None](context.Background()).WaitDone(ctx)
}

// hold keeps the thread for d.
func hold(d time.Duration) func(context.Context) error {
	return func(context.Context) error {
		time.Sleep(d)
		return nil
	}
}

// sleep suspends its call for d.
func sleep(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error { return loop.Sleep(ctx, d) }
}

// goexit is what t.FailNow comes to.
func goexit(context.Context) error {
	runtime.Goexit()
	return nil
}

// requireStopped fails unless p ended because its caller stopped.
func requireStopped(t testing.TB, p pending.Handle) {
	t.Helper()
	require.True(t, p.IsDone(), p)
	require.True(t, p.Cancelled(), p)
	require.ErrorIs(t, p.Err(), loop.ErrStopped)
	require.ErrorIs(t, p.Err(), pending.ErrCancelled)
	require.ErrorIs(t, p.Err(), context.Canceled)
}

// requirePinned fails unless the calling goroutine is locked to its thread, or is not, as wanted.
func requirePinned(t testing.TB, want bool) {
	t.Helper()
	if runtime.GOARCH == "wasm" {
		return
	}
	buf := make([]byte, 200)
	header, _, _ := strings.Cut(string(buf[:runtime.Stack(buf, false)]), "\n")
	require.Equal(t, want, strings.Contains(header, "locked to thread"), header)
}

// trail is a list that anybody may add to.
type trail[T any] struct {
	mu   sync.Mutex
	list []T
}

func (l *trail[T]) add(v T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, v)
}

func (l *trail[T]) all() []T {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]T{}, l.list...)
}

// record makes a function that adds v to l.
func record[T any](l *trail[T], v T) func(context.Context) error {
	return func(context.Context) error {
		l.add(v)
		return nil
	}
}

// logLines collects what a caller logs.
type logLines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logLines) option() caller.Option { return caller.WithLogger(zerolog.New(l)) }

// lines returns the log, an entry each.
func (l *logLines) lines(t testing.TB) (lines []map[string]any) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.Lines(l.buf.Bytes()) {
		entry := map[string]any{}
		require.NoError(t, json.Unmarshal(line, &entry), string(line))
		lines = append(lines, entry)
	}
	return lines
}

// wantLines waits in real time until there are n lines, for what comes after a call has ended.
func (l *logLines) one(t testing.TB) map[string]any {
	t.Helper()
	lines := l.lines(t)
	require.Len(t, lines, 1)
	return lines[0]
}

// numbers are the first n of them.
func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// ringHost is a host as toolkits have it, made of channels: Wait returns after an event, and runs it.
type ringHost struct {
	woken    chan struct{}
	events   chan func()
	fail     chan error // what Wait returns next
	closed   chan struct{}
	closeErr error
	started  time.Duration // what the first Wait takes
	waits    int
}

func newHost() *ringHost {
	return &ringHost{
		woken:  make(chan struct{}, 1),
		events: make(chan func(), 100),
		fail:   make(chan error, 1),
		closed: make(chan struct{}),
	}
}

func (h *ringHost) Wait(timeout time.Duration) error {
	if h.waits++; h.waits == 1 {
		time.Sleep(h.started)
	}
	var expired <-chan time.Time
	if timeout >= 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		expired = timer.C
	}
	select {
	case err := <-h.fail:
		return err
	default:
	}
	select {
	case event := <-h.events:
		event()
	case <-h.woken:
	case err := <-h.fail:
		return err
	case <-expired:
	}
	return nil
}

func (h *ringHost) Wake() {
	select {
	case h.woken <- struct{}{}:
	default:
	}
}

func (h *ringHost) Close() error {
	close(h.closed)
	return h.closeErr
}

// toolkit is one that keeps its thread: a goroutine that runs what it is given.
type toolkit struct {
	work chan func()
	done chan struct{}
}

func newToolkit() *toolkit {
	k := &toolkit{make(chan func(), 1000), make(chan struct{})}
	go func() {
		defer close(k.done)
		for f := range k.work {
			f()
		}
	}()
	return k
}

// run is what WithGuest asks for.
func (k *toolkit) run(f func()) { k.work <- f }

// on runs f in the toolkit and waits for it.
func (k *toolkit) on(f func()) {
	done := make(chan struct{})
	k.run(func() {
		defer close(done)
		f()
	})
	<-done
}

func (k *toolkit) quit() {
	close(k.work)
	<-k.done
}
