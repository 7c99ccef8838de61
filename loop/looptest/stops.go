package looptest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

var stops = []Case{
	{"Stop/BeforeStart", stopBeforeStart},
	{"Stop/Idle", stopIdle},
	{"Stop/Twice", stopTwice},
	{"Stop/InsideCall", stopInsideCall},
	{"Stop/Queued", stopQueued},
	{"Stop/Suspended", stopSuspended},
	{"Stop/LastStartedFirst", stopLastStartedFirst},
	{"Stop/DeferredFunctionsCannotWait", stopDeferred},
	{"Stop/Timers", stopWithTimers},
	{"Stop/Many", stopMany},
	{"Stop/Refuse", refuse},
	{"Stop/Life", life},
}

// refused checks that a loop that has been told to stop accepts nothing.
func refused(t *testing.T, l *loop.Loop) {
	t.Helper()
	never := func() { t.Error("ran after Stop") }
	assert.ErrorIs(t, l.Post(never), loop.ErrStopped)
	_, err := l.PostDelayed(0, never)
	assert.ErrorIs(t, err, loop.ErrStopped)
	if !l.OnThread() {
		assert.ErrorIs(t, l.Do(background, never), loop.ErrStopped)
	}
}

// L-12: a loop that nobody drives stops at once, and what it has accepted is dropped.
func stopBeforeStart(t *testing.T, d Driver) {
	l, run := d.make(t)
	require.NoError(t, l.Post(func() { t.Error("ran") }))
	_, err := l.PostDelayed(time.Hour, func() { t.Error("ran") })
	require.NoError(t, err)
	result := make(chan error)
	go func() { result <- l.Do(background, func() { t.Error("ran") }) }()
	l.Stop()
	await(t, l.Done())
	assert.ErrorIs(t, await(t, result), loop.ErrStopped)
	refused(t, l)
	run() // notices that there is nothing to drive
}

func stopIdle(t *testing.T, d Driver) {
	l := d.drive(t)
	call(t, l, func() {})
	l.Stop()
	await(t, l.Done())
	refused(t, l)
	assert.Zero(t, l.ThreadID())
	assert.False(t, l.OnThread())
}

func stopTwice(t *testing.T, d Driver) {
	l := d.drive(t)
	for range 2 {
		go l.Stop()
	}
	l.Stop()
	l.Stop()
	await(t, l.Done())
	l.Stop()
	refused(t, l)
}

// The call that stops its own loop runs to its end.
func stopInsideCall(t *testing.T, d Driver) {
	l := d.drive(t)
	ended := false
	require.NoError(t, l.Post(func() {
		l.Stop()
		refused(t, l)
		assert.ErrorIs(t, loop.Sleep(background, time.Hour), loop.ErrStopped)
		ended = true
	}))
	await(t, l.Done())
	assert.True(t, ended)
}

// What has been accepted and has not started when the thread is free again is dropped; whoever waits
// for it is told.
func stopQueued(t *testing.T, d Driver) {
	l := d.drive(t)
	release := occupy(t, l)
	result := make(chan error)
	for range 10 {
		go func() { result <- l.Do(background, func() { t.Error("ran") }) }()
	}
	for l.Stats().QueueDepth < 10 {
		require.NoError(t, loop.Yield(background))
	}
	l.Stop()
	release()
	for range 10 {
		assert.ErrorIs(t, await(t, result), loop.ErrStopped)
	}
	await(t, l.Done())
	assert.EqualValues(t, 10, l.Stats().Dropped)
}

// L-10: suspended calls go on with their wait failing, so that their deferred functions run on their
// thread, before Done.
func stopSuspended(t *testing.T, d Driver) {
	l := d.drive(t)
	unwound := map[string]error{}
	for name, wait := range endless {
		require.NoError(t, l.Post(func() {
			var err error
			defer func() {
				assert.True(t, l.OnThread(), name)
				unwound[name] = err
			}()
			err = wait(background)
		}))
	}
	other := Pinned().drive(t)
	defer occupy(t, other)()
	require.NoError(t, l.Post(func() { unwound["Do"] = other.Do(background, func() {}) }))
	call(t, l, func() {})
	l.Stop()
	await(t, l.Done())
	assert.Len(t, unwound, len(endless)+1)
	for name, err := range unwound {
		assert.ErrorIs(t, err, loop.ErrStopped, name)
	}
	assert.Zero(t, l.Stats().Suspended)
}

// The last call to start is the first to unwind, whatever it waits for, and however often it has waited.
func stopLastStartedFirst(t *testing.T, d Driver) {
	l := d.drive(t)
	var want, got []int
	for i := range 3 {
		for _, wait := range endless {
			n := len(want)
			want = append(want, n)
			require.NoError(t, l.Post(func() {
				for range n % 2 * i {
					assert.NoError(t, loop.Yield(background))
				}
				_ = wait(background)
				got = append(got, n)
			}))
		}
	}
	for range 5 {
		call(t, l, func() { assert.NoError(t, loop.Yield(background)) })
	}
	l.Stop()
	await(t, l.Done())
	slices.Reverse(got)
	assert.Equal(t, want, got)
}

// While a loop stops, waits fail at once: a clean-up that waits does not keep it from stopping.
func stopDeferred(t *testing.T, d Driver) {
	l := d.drive(t)
	tried := 0
	require.NoError(t, l.Post(func() {
		defer func() {
			for name, wait := range endless {
				assert.ErrorIs(t, wait(background), loop.ErrStopped, name)
				tried++
			}
		}()
		_ = loop.Sleep(background, time.Hour)
		panic("while unwinding")
	}))
	call(t, l, func() {})
	l.Stop()
	await(t, l.Done())
	assert.Equal(t, len(endless), tried)
}

// L-11: what is not due is dropped.
func stopWithTimers(t *testing.T, d Driver) {
	l := d.drive(t)
	var all []*loop.Timer
	for range 10 {
		timer, err := l.PostDelayed(time.Hour, func() { t.Error("ran") })
		require.NoError(t, err)
		all = append(all, timer)
	}
	l.Stop()
	await(t, l.Done())
	assert.EqualValues(t, 10, l.Stats().Dropped)
	for _, timer := range all {
		assert.False(t, timer.Stop())
	}
}

// Thousands queued and suspended: every accepted call ends one way or the other.
func stopMany(t *testing.T, d Driver) {
	const n = 2000
	l := d.drive(t)
	started, ended := 0, 0
	for range n {
		require.NoError(t, l.Post(func() {
			started++
			defer func() { ended++ }()
			_ = loop.Sleep(background, time.Hour)
		}))
	}
	accepted := 0
	l.Stop()
	for range n {
		if l.Post(func() {}) == nil {
			accepted++
		}
	}
	await(t, l.Done())
	assert.Zero(t, accepted)
	assert.Equal(t, started, ended)
	assert.EqualValues(t, n, uint64(started)+l.Stats().Dropped)
}

// Refuse closes the door; what is inside goes on.
func refuse(t *testing.T, d Driver) {
	l := d.drive(t)
	release := occupy(t, l)
	ran := begin(t, l, func() { assert.NoError(t, loop.Sleep(background, time.Millisecond)) })
	l.Refuse()
	refused(t, l)
	release()
	await(t, ran)
	assert.False(t, l.Stopping())
}

func life(t *testing.T, d Driver) {
	l := d.drive(t)
	ctx := l.Life()
	assert.NoError(t, ctx.Err())
	l.Stop()
	await(t, ctx.Done())
	assert.ErrorIs(t, context.Cause(ctx), loop.ErrStopped)
	assert.True(t, l.Stopping())
}
