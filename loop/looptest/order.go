package looptest

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var order = []Case{
	{"Order/PostsOfOneGoroutine", postsOfOneGoroutine},
	{"Order/PostsBeforeStart", postsBeforeStart},
	{"Order/PostsInsideCalls", postsInsideCalls},
}

// S-04: what one goroutine posts starts in its order, whatever others post.
func postsOfOneGoroutine(t *testing.T, d Driver) {
	const producers, each = 8, 300
	l := d.drive(t)
	var got [producers][]int // touched on the thread alone
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			for i := range each {
				assert.NoError(t, l.Post(func() { got[p] = append(got[p], i) }))
			}
		})
	}
	wg.Wait()
	call(t, l, func() {}) // comes behind all of them
	for p := range producers {
		assert.Equal(t, numbers(each), got[p], "producer %d", p)
	}
}

// L-01: a loop accepts work before it is driven.
func postsBeforeStart(t *testing.T, d Driver) {
	l, run := d.make(t)
	var got []int
	for i := range 10 {
		require.NoError(t, l.Post(func() { got = append(got, i) }))
	}
	assert.Equal(t, 10, l.Stats().QueueDepth)
	assert.Zero(t, l.ThreadID())
	run()
	call(t, l, func() {})
	assert.Equal(t, numbers(10), got)
}

// What a call posts comes behind what has arrived before.
func postsInsideCalls(t *testing.T, d Driver) {
	l := d.drive(t)
	var got []string
	release := occupy(t, l)
	require.NoError(t, l.Post(func() {
		got = append(got, "a")
		assert.NoError(t, l.Post(func() { got = append(got, "c") }))
	}))
	require.NoError(t, l.Post(func() { got = append(got, "b") }))
	release()
	call(t, l, func() {}) // behind a and b
	call(t, l, func() {}) // behind c
	assert.Equal(t, []string{"a", "b", "c"}, got)
}

func numbers(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}
