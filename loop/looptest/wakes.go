package looptest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

var wakes = []Case{
	{"Wake/OnPost", wakeOnPost},
	{"Wake/OnEarlierTimer", wakeOnEarlierTimer},
	{"Wake/OnUnpark", wakeOnUnpark},
	{"Wake/ManyAtOnce", wakeManyAtOnce},
}

// No wake-up is lost between the loop's last look and its sleep.
func wakeOnPost(t *testing.T, d Driver) {
	l := d.drive(t)
	for range 300 {
		await(t, begin(t, l, func() {}))
	}
}

func wakeOnEarlierTimer(t *testing.T, d Driver) {
	l := d.drive(t)
	_, err := l.PostDelayed(time.Hour, func() {})
	require.NoError(t, err)
	for range 20 {
		ran := make(chan struct{})
		_, err := l.PostDelayed(time.Millisecond, func() { close(ran) })
		require.NoError(t, err)
		await(t, ran)
	}
	assert.Equal(t, 1, l.Stats().Timers)
}

func wakeOnUnpark(t *testing.T, d Driver) {
	l := d.drive(t)
	for range 100 {
		parker := make(chan *loop.Parker)
		ended := begin(t, l, func() {
			p, _ := loop.Self()
			go func() { parker <- p }()
			assert.NoError(t, p.Park(background))
		})
		await(t, parker).Unpark()
		await(t, ended)
	}
}

func wakeManyAtOnce(t *testing.T, d Driver) {
	const goroutines, each = 8, 50
	l := d.drive(t)
	sum := 0
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range each {
				assert.NoError(t, l.Do(background, func() { sum++ }))
			}
		})
	}
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	await(t, done)
	assert.Equal(t, goroutines*each, sum)
}
