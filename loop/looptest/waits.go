package looptest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

var waits = []Case{
	{"Wait/LetsOthersRun", waitLetsOthersRun},
	{"Wait/YieldComesBehind", yieldComesBehind},
	{"Wait/EndsWithContext", waitEndsWithContext},
	{"Wait/EndedContext", waitEndedContext},
	{"Wait/OnGoroutines", waitOnGoroutines},
	{"Wait/ResumesInOrder", resumesInOrder},
	{"Wait/Receive", receive},
	{"Wait/Block", block},
	{"Wait/Park", park},
	{"Wait/CallBehindSuspendedCall", callBehindSuspended},
}

// While a call waits, others run; here they are what it waits for.
func waitLetsOthersRun(t *testing.T, d Driver) {
	l := d.drive(t)
	for name, wait := range map[string]func(opened <-chan struct{}) error{
		"Sleep": func(opened <-chan struct{}) error {
			for {
				if err := loop.Sleep(background, time.Millisecond); err != nil {
					return err
				}
				select {
				case <-opened:
					return nil
				default:
				}
			}
		},
		"Yield": func(<-chan struct{}) error { return loop.Yield(background) },
		"Receive": func(opened <-chan struct{}) error {
			_, _, err := loop.Receive(background, opened)
			return err
		},
		"Block": func(opened <-chan struct{}) error {
			_, err := loop.Block(background, func(context.Context) (int, error) {
				<-opened
				return 0, nil
			})
			return err
		},
	} {
		t.Log(name)
		var got []string
		opened := make(chan struct{})
		release := occupy(t, l)
		waiter := begin(t, l, func() {
			got = append(got, "waits")
			assert.NoError(t, wait(opened), name)
			got = append(got, "goes on")
		})
		other := begin(t, l, func() {
			got = append(got, "other")
			close(opened)
		})
		release()
		await(t, waiter)
		await(t, other)
		assert.Equal(t, []string{"waits", "other", "goes on"}, got, name)
	}
}

// Yield lets the calls that have arrived run first, and calls that yield take turns.
func yieldComesBehind(t *testing.T, d Driver) {
	l := d.drive(t)
	var got []string
	release := occupy(t, l)
	for _, name := range []string{"a", "b", "c"} {
		require.NoError(t, l.Post(func() {
			got = append(got, name+"1")
			assert.NoError(t, loop.Yield(background))
			got = append(got, name+"2")
			assert.NoError(t, loop.Yield(background))
			got = append(got, name+"3")
		}))
	}
	last := begin(t, l, func() { got = append(got, "d1") })
	release()
	await(t, last)
	for range 3 {
		call(t, l, func() {})
	}
	assert.Equal(t, []string{"a1", "b1", "c1", "d1", "a2", "b2", "c2", "a3", "b3", "c3"}, got)
}

// endless are waits that only their context ends.
var endless = map[string]func(ctx context.Context) error{
	"Sleep": func(ctx context.Context) error { return loop.Sleep(ctx, 1000*time.Hour) },
	"Yield": func(ctx context.Context) error {
		for {
			if err := loop.Yield(ctx); err != nil {
				return err
			}
		}
	},
	"Receive": func(ctx context.Context) error {
		_, _, err := loop.Receive(ctx, make(chan int))
		return err
	},
	"Receive from nil": func(ctx context.Context) error {
		_, _, err := loop.Receive[int](ctx, nil)
		return err
	},
	"Block": func(ctx context.Context) error {
		_, err := loop.Block(ctx, func(inner context.Context) (int, error) {
			<-inner.Done()
			return 0, inner.Err()
		})
		return err
	},
	"Park": func(ctx context.Context) error {
		p, err := loop.Self()
		for err == nil {
			err = p.Park(ctx)
		}
		return err
	},
}

func waitEndsWithContext(t *testing.T, d Driver) {
	l := d.drive(t)
	for name, wait := range endless {
		ctx, cancel := context.WithCancel(background)
		var err error
		ended := begin(t, l, func() { err = wait(ctx) })
		call(t, l, func() {})
		cancel()
		await(t, ended)
		assert.ErrorIs(t, err, context.Canceled, name)

		if name == "Yield" {
			continue // that would be a busy wait for time
		}
		ctx, cancel = context.WithTimeout(background, time.Millisecond)
		await(t, begin(t, l, func() { err = wait(ctx) }))
		assert.ErrorIs(t, err, context.DeadlineExceeded, name)
		cancel()
	}
	call(t, l, func() {})
	s := l.Stats()
	assert.Zero(t, s.Suspended)
	assert.Zero(t, s.Timers, "cancelled sleeps leave no timer")
}

func waitEndedContext(t *testing.T, d Driver) {
	l := d.drive(t)
	ctx, cancel := context.WithCancel(background)
	cancel()
	for name, wait := range endless {
		var err error
		call(t, l, func() { err = wait(ctx) })
		assert.ErrorIs(t, err, context.Canceled, name)
	}
	call(t, l, func() {
		ch := make(chan int, 1)
		ch <- 7
		v, ok, err := loop.Receive(ctx, ch)
		assert.Equal(t, 7, v, "a value that is there is not lost")
		assert.True(t, ok)
		assert.NoError(t, err)
	})
}

// Elsewhere the same functions block their goroutine.
func waitOnGoroutines(t *testing.T, d Driver) {
	l := d.drive(t)
	start := time.Now()
	require.NoError(t, loop.Sleep(background, 2*time.Millisecond))
	assert.GreaterOrEqual(t, time.Since(start), 2*time.Millisecond)
	require.NoError(t, loop.Yield(background))
	ch := make(chan int)
	require.NoError(t, l.Post(func() { go func() { ch <- 1 }() }))
	v, ok, err := loop.Receive(background, ch)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, 1, v)
	v, err = loop.Block(background, func(context.Context) (int, error) { return 2, nil })
	require.NoError(t, err)
	assert.Equal(t, 2, v)
	ctx, cancel := context.WithTimeout(background, time.Millisecond)
	defer cancel()
	for name, wait := range endless {
		if name != "Yield" {
			assert.ErrorIs(t, wait(ctx), context.DeadlineExceeded, name)
		}
	}
}

// Calls go on in the order in which their waits have ended.
func resumesInOrder(t *testing.T, d Driver) {
	const n = 500
	l := d.drive(t)
	parkers := make([]*loop.Parker, n)
	var got []int
	for i := range n {
		require.NoError(t, l.Post(func() {
			parkers[i], _ = loop.Self()
			assert.NoError(t, parkers[i].Park(background))
			got = append(got, i)
		}))
	}
	call(t, l, func() {})
	assert.Equal(t, n, l.Stats().Suspended)
	want := make([]int, 0, n)
	for i := range n {
		k := (i*7 + 3) % n
		parkers[k].Unpark()
		want = append(want, k)
	}
	for l.Stats().Suspended > 0 {
		require.NoError(t, loop.Sleep(background, time.Millisecond))
	}
	call(t, l, func() {}) // the last one may still have been running
	assert.Equal(t, want, got)
}

func receive(t *testing.T, d Driver) {
	l := d.drive(t)
	ch := make(chan int)
	var got []int
	ended := begin(t, l, func() {
		for {
			v, ok, err := loop.Receive(background, ch)
			assert.NoError(t, err)
			if !ok {
				return
			}
			got = append(got, v)
		}
	})
	for i := range 100 {
		ch <- i
	}
	close(ch)
	await(t, ended)
	assert.Equal(t, numbers(100), got)
}

func block(t *testing.T, d Driver) {
	l := d.drive(t)
	failure := errors.New("failure")
	call(t, l, func() {
		v, err := loop.Block(background, func(context.Context) (int, error) { return 3, failure })
		assert.Equal(t, 3, v)
		assert.ErrorIs(t, err, failure)
		_, err = loop.Block(background, func(context.Context) (int, error) { panic("in Block") })
		var p *loop.PanicError
		assert.ErrorAs(t, err, &p)
	})
	// Abandoned: the function's context ends and its result is dropped.
	ctx, cancel := context.WithCancel(background)
	running, noticed, release := make(chan struct{}), make(chan struct{}), make(chan struct{})
	defer close(release)
	var err error
	ended := begin(t, l, func() {
		_, err = loop.Block(ctx, func(inner context.Context) (int, error) {
			close(running)
			<-inner.Done()
			close(noticed)
			<-release // a result that is there already would be taken
			return 1, nil
		})
	})
	await(t, running)
	cancel()
	await(t, noticed)
	await(t, ended)
	assert.ErrorIs(t, err, context.Canceled)
}

// A permit given early is kept, one only, and taken by the next Park.
func park(t *testing.T, d Driver) {
	l := d.drive(t)
	call(t, l, func() {
		p, err := loop.Self()
		assert.NoError(t, err)
		p.Unpark()
		p.Unpark()
		assert.NoError(t, p.Park(background))
		ctx, cancel := context.WithTimeout(background, time.Millisecond)
		defer cancel()
		assert.ErrorIs(t, p.Park(ctx), context.DeadlineExceeded)
	})
}

// S-15: a call that waits does not hold up those behind it.
func callBehindSuspended(t *testing.T, d Driver) {
	l := d.drive(t)
	ch := make(chan int)
	first := begin(t, l, func() { _, _, _ = loop.Receive(background, ch) })
	await(t, begin(t, l, func() {}))
	assert.Equal(t, 1, l.Stats().Suspended)
	close(ch)
	await(t, first)
}
