package group_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller/callertest"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/registry"
)

var errBody = errors.New("body's error")

// spawn starts fn somewhere and returns its outcome to come.
type spawn func(ctx context.Context, fn func(context.Context) error) *pending.Pending[pending.None]

// spawning runs f in a bubble for each place that things wait at.
func spawning(t *testing.T, f func(t *testing.T, start spawn)) {
	t.Helper()
	free := func(ctx context.Context, fn func(context.Context) error) *pending.Pending[pending.None] {
		p := pending.New[pending.None](context.Background())
		go func() {
			if err := fn(ctx); err != nil {
				p.SetError(err)
			}
			p.SetResult(pending.None{})
		}()
		return p
	}
	for name, place := range map[string]func(t *testing.T) spawn{
		"goroutines": func(*testing.T) spawn { return free },
		"calls":      func(t *testing.T) spawn { return callertest.New(t).CallSoon },
		"everywhere": func(t *testing.T) spawn {
			places, next := []spawn{callertest.New(t).CallSoon, free, callertest.New(t).CallSoon}, 0
			return func(ctx context.Context, fn func(context.Context) error) *pending.Pending[pending.None] {
				next++
				return places[next%len(places)](ctx, fn)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) { f(t, place(t)) })
		})
	}
}

func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
	require.Empty(t, registry.All(false))
}

// succeed waits for calls, which have to succeed.
func succeed(t *testing.T, calls ...*pending.Pending[pending.None]) {
	t.Helper()
	for _, p := range calls {
		require.NoError(t, p.WaitDone(context.Background()))
		require.NoError(t, p.Err(), p)
	}
}

// log is a list that anybody may add to.
type log[T any] struct {
	mu   sync.Mutex
	list []T
}

func (l *log[T]) add(v T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, v)
}

func (l *log[T]) all() []T {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]T{}, l.list...)
}

func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// endings are the ways in which a body ends.
var endings = map[string]func(context.Context) error{
	"return": func(context.Context) error { return nil },
	"error":  func(context.Context) error { return errBody },
	"panic":  func(context.Context) error { panic("oh dear") },
	"Goexit": func(context.Context) error { runtime.Goexit(); return nil },
	"panic after a wait": func(ctx context.Context) error {
		_ = loop.Sleep(ctx, time.Second)
		panic("oh dear")
	},
	"Goexit after a wait": func(ctx context.Context) error {
		_ = loop.Sleep(ctx, time.Second)
		runtime.Goexit()
		return nil
	},
}
