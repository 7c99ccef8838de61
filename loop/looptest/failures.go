package looptest

import (
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

var failures = []Case{
	{"Failure/Panic", panics},
	{"Failure/PanicWithError", panicWithError},
	{"Failure/Goexit", goexit},
	{"Failure/Posts", failingPosts},
}

// suspensions is how a function may have been suspended before it fails: the coroutine that it then
// runs on is no longer the one that takes calls.
var suspensions = map[string]func(t *testing.T){
	"before": func(*testing.T) {},
	"after":  func(t *testing.T) { assert.NoError(t, loop.Yield(background)) },
}

// L-21: a panic becomes the error of its call, with the stack, and the loop goes on.
func panics(t *testing.T, d Driver) {
	l := d.drive(t)
	for when, suspend := range suspensions {
		deferred := false
		err := l.Do(background, func() {
			defer func() { deferred = l.OnThread() }()
			suspend(t)
			explode()
		})
		var p *loop.PanicError
		require.ErrorAs(t, err, &p, when)
		assert.Equal(t, "boom", p.Value, when)
		assert.Contains(t, string(p.Stack), "looptest.explode", when)
		assert.True(t, deferred, when)
		call(t, l, func() {})
	}
}

//go:noinline
func explode() { panic("boom") }

func panicWithError(t *testing.T, d Driver) {
	l := d.drive(t)
	cause := errors.New("cause")
	assert.ErrorIs(t, l.Do(background, func() { panic(cause) }), cause)
	var index runtime.Error
	assert.ErrorAs(t, l.Do(background, func() {
		none := []int{}
		_ = none[len(none)]
	}), &index)
	// A panic that the function itself recovers from is none.
	assert.NoError(t, l.Do(background, func() {
		defer func() { _ = recover() }()
		panic("caught")
	}))
}

// L-21: runtime.Goexit, which is what t.FailNow does, ends the call and not the loop.
func goexit(t *testing.T, d Driver) {
	l := d.drive(t)
	for range 3 {
		for when, suspend := range suspensions {
			deferred := false
			err := l.Do(background, func() {
				defer func() { deferred = l.OnThread() }()
				suspend(t)
				runtime.Goexit()
			})
			assert.ErrorIs(t, err, loop.ErrGoexit, when)
			assert.True(t, deferred, when)
			call(t, l, func() {})
		}
	}
}

// What nobody waits for is counted, and what was queued behind it runs.
func failingPosts(t *testing.T, d Driver) {
	l := d.drive(t)
	ran := 0
	for _, suspend := range suspensions {
		for _, fail := range []func(){explode, runtime.Goexit} {
			require.NoError(t, l.Post(func() {
				suspend(t)
				fail()
			}))
			require.NoError(t, l.Post(func() { ran++ }))
		}
	}
	call(t, l, func() { assert.NoError(t, loop.Yield(background)) })
	call(t, l, func() {})
	assert.Equal(t, 4, ran)
	assert.EqualValues(t, 4, l.Stats().Panics)
	assert.Zero(t, l.Stats().Suspended)
}
