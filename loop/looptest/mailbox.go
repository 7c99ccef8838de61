package looptest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

var mailbox = []Case{
	{"Mailbox/Limit", mailboxLimit},
	{"Mailbox/LimitDoesNotDeadlock", mailboxNoDeadlock},
}

func mailboxLimit(t *testing.T, d Driver) {
	const limit = 3
	l := d.drive(t, loop.WithMailboxLimit(limit))
	release := occupy(t, l)
	ran := 0
	for range limit {
		require.NoError(t, l.Post(func() { ran++ }))
	}
	assert.ErrorIs(t, l.Post(func() { t.Error("ran") }), loop.ErrMailboxFull)
	assert.ErrorIs(t, l.Do(background, func() { t.Error("ran") }), loop.ErrMailboxFull)
	timer, err := l.PostDelayed(time.Hour, func() {})
	require.NoError(t, err, "timers do not count")
	assert.True(t, timer.Stop())
	assert.Equal(t, limit, l.Stats().QueueDepth)
	release()
	await(t, eventually(t, l))
	assert.Equal(t, limit, ran)
}

// Calls that wait have started and take no room, and what ends their wait always has room.
func mailboxNoDeadlock(t *testing.T, d Driver) {
	l := d.drive(t, loop.WithMailboxLimit(1))
	var parkers []*loop.Parker
	ended := make(chan struct{}, 10)
	for range 10 {
		await(t, eventually(t, l))
		call(t, l, func() {})
		require.NoError(t, l.Post(func() {
			p, _ := loop.Self()
			parkers = append(parkers, p)
			assert.NoError(t, p.Park(background))
			ended <- struct{}{}
		}))
		await(t, eventually(t, l))
	}
	release := occupy(t, l)
	require.NoError(t, l.Post(func() {})) // the mailbox is full
	for _, p := range parkers {
		p.Unpark()
	}
	release()
	for range 10 {
		await(t, ended)
	}
}

// eventually posts, again and again while the mailbox is full, and returns what is closed then.
func eventually(t *testing.T, l *loop.Loop) <-chan struct{} {
	ended := make(chan struct{})
	for {
		err := l.Post(func() { close(ended) })
		if err == nil {
			return ended
		}
		require.ErrorIs(t, err, loop.ErrMailboxFull)
		require.NoError(t, loop.Sleep(background, time.Millisecond))
	}
}
