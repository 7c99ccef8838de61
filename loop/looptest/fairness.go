package looptest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

var fairness = []Case{
	{"Fairness/FloodOfPosts", func(t *testing.T, d Driver) {
		flood(t, d, func(l *loop.Loop, again func()) { _ = l.Post(again) })
	}},
	{"Fairness/FloodOfTimers", func(t *testing.T, d Driver) {
		flood(t, d, func(l *loop.Loop, again func()) { _, _ = l.PostDelayed(0, again) })
	}},
	{"Fairness/FloodOfYields", func(t *testing.T, d Driver) {
		flood(t, d, func(l *loop.Loop, again func()) {
			_ = l.Post(func() {
				_ = loop.Yield(background)
				again()
			})
		})
	}},
}

// flood keeps the loop busy for ever with one kind of work. All kinds get through nevertheless: a call,
// a timer that is due, a call whose wait has ended, and one that has yielded. Nothing here waits for
// time to pass, which in a bubble it would not do.
func flood(t *testing.T, d Driver, submit func(l *loop.Loop, again func())) {
	l := d.drive(t)
	over := false // on the thread
	var again func()
	again = func() {
		if !over {
			submit(l, again)
		}
	}
	call(t, l, func() {
		for range 200 {
			submit(l, again)
		}
	})
	call(t, l, func() {})
	fired := make(chan struct{})
	_, err := l.PostDelayed(0, func() { close(fired) })
	require.NoError(t, err)
	await(t, fired)
	parker := make(chan *loop.Parker, 1)
	resumed := begin(t, l, func() {
		p, _ := loop.Self()
		parker <- p
		assert.NoError(t, p.Park(background))
	})
	await(t, parker).Unpark()
	await(t, resumed)
	call(t, l, func() { assert.NoError(t, loop.Yield(background)) })
	call(t, l, func() { over = true })
}
