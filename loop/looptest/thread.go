package looptest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

var thread = []Case{
	{"Thread/IsAlwaysTheSame", threadIsAlwaysTheSame},
	{"Thread/Outside", threadOutside},
}

// Everything runs on one thread: posts, timers, Do, and what follows a wait of any kind.
func threadIsAlwaysTheSame(t *testing.T, d Driver) {
	l := d.drive(t)
	var id int
	call(t, l, func() { id = threadID() })
	if id != 0 {
		assert.Equal(t, id, l.ThreadID())
	}
	check := func(when string) {
		assert.Equal(t, id, threadID(), when)
		assert.True(t, l.OnThread(), when)
		assert.Same(t, l, loop.Current(background), when)
	}
	fired := make(chan struct{})
	_, err := l.PostDelayed(time.Millisecond, func() {
		check("timer")
		close(fired)
	})
	require.NoError(t, err)
	await(t, fired)
	call(t, l, func() {
		check("call")
		assert.NoError(t, loop.Yield(background))
		check("after Yield")
		assert.NoError(t, loop.Sleep(background, time.Millisecond))
		check("after Sleep")
		_, err := loop.Block(background, func(context.Context) (int, error) {
			assert.False(t, l.OnThread(), "Block's function")
			return 0, nil
		})
		assert.NoError(t, err)
		check("after Block")
		ch := make(chan int)
		go func() { ch <- 1 }()
		_, _, err = loop.Receive(background, ch)
		assert.NoError(t, err)
		check("after Receive")
	})
}

func threadOutside(t *testing.T, d Driver) {
	l := d.drive(t)
	call(t, l, func() {})
	assert.False(t, l.OnThread())
	assert.Nil(t, loop.Current(background))
	assert.Same(t, l, loop.Current(context.WithValue(background, loop.ContextKey{}, l)))
}
