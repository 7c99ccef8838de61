package looptest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

var do = []Case{
	{"Do/Waits", doWaits},
	{"Do/InlineOnTheOwnThread", doInline},
	{"Do/FromAnotherLoop", doFromAnotherLoop},
	{"Do/NestedBetweenLoops", doNested},
	{"Do/ContextEnds", doContextEnds},
	{"Do/NilFunctions", nilFunctions},
}

func doWaits(t *testing.T, d Driver) {
	l := d.drive(t)
	for i := range 100 {
		done := false
		require.NoError(t, l.Do(background, func() {
			if i%2 == 0 {
				assert.NoError(t, loop.Yield(background))
			}
			done = true
		}))
		require.True(t, done)
	}
}

// Calling one's own loop does not deadlock: the function is called on the spot.
func doInline(t *testing.T, d Driver) {
	l := d.drive(t)
	call(t, l, func() {
		var got []int
		assert.NoError(t, l.Post(func() { got = append(got, 2) }))
		assert.NoError(t, l.Do(background, func() { got = append(got, 1) }))
		assert.Equal(t, []int{1}, got)
		err := l.Do(background, func() { panic("inline") })
		var p *loop.PanicError
		assert.ErrorAs(t, err, &p)
		assert.NoError(t, l.Do(background, func() { assert.NoError(t, loop.Yield(background)) }))
		assert.Equal(t, []int{1, 2}, got)
	})
}

// A Do inside another loop's call suspends that call only.
func doFromAnotherLoop(t *testing.T, d Driver) {
	l, other := d.drive(t), Pinned().drive(t)
	release := occupy(t, l)
	var got []string
	ended := begin(t, other, func() {
		assert.NoError(t, l.Do(background, func() { assert.True(t, l.OnThread()) }))
		got = append(got, "Do")
	})
	call(t, other, func() { got = append(got, "other") })
	release()
	await(t, ended)
	assert.Equal(t, []string{"other", "Do"}, got)
}

// Two loops that wait for each other do not deadlock, however deep that goes.
func doNested(t *testing.T, d Driver) {
	l, other := d.drive(t), Pinned().drive(t)
	depth := 0
	var down func(a, b *loop.Loop) func()
	down = func(a, b *loop.Loop) func() {
		return func() {
			assert.True(t, a.OnThread())
			if depth++; depth < 20 {
				assert.NoError(t, b.Do(background, down(b, a)))
				assert.True(t, a.OnThread())
			}
		}
	}
	call(t, l, down(l, other))
	assert.Equal(t, 20, depth)
}

func doContextEnds(t *testing.T, d Driver) {
	l := d.drive(t)
	ended, cancel := context.WithCancel(background)
	cancel()
	assert.ErrorIs(t, l.Do(ended, func() { t.Error("ran") }), context.Canceled)
	call(t, l, func() {
		assert.ErrorIs(t, l.Do(ended, func() { t.Error("ran") }), context.Canceled)
	})

	// One that has not started will not.
	release := occupy(t, l)
	ctx, cancel := context.WithCancel(background)
	result := make(chan error)
	go func() { result <- l.Do(ctx, func() { t.Error("ran") }) }()
	cancel()
	assert.ErrorIs(t, await(t, result), context.Canceled)
	release()

	// One that has started goes on by itself.
	ctx, cancel = context.WithCancel(background)
	running, through := make(chan struct{}), make(chan struct{})
	go func() {
		result <- l.Do(ctx, func() {
			close(running)
			assert.NoError(t, loop.Yield(background))
			<-through
			through <- struct{}{}
		})
	}()
	await(t, running)
	cancel()
	assert.ErrorIs(t, await(t, result), context.Canceled)
	through <- struct{}{}
	await(t, through)
	call(t, l, func() {})
}

func nilFunctions(t *testing.T, d Driver) {
	l := d.drive(t)
	assert.ErrorIs(t, l.Post(nil), loop.ErrNilFunc)
	assert.ErrorIs(t, l.Do(background, nil), loop.ErrNilFunc)
	_, err := l.PostDelayed(0, nil)
	assert.ErrorIs(t, err, loop.ErrNilFunc)
	_, err = loop.Block[int](background, nil)
	assert.ErrorIs(t, err, loop.ErrNilFunc)
}
