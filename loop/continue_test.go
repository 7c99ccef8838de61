package loop_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

// piecemeal is a Call that takes many turns for its work.
type piecemeal struct {
	loop *loop.Loop
	left int
	ran  func()
	end  error // what it was aborted with
}

func (p *piecemeal) Run() {
	p.ran()
	if p.left--; p.left > 0 {
		p.loop.Continue(p)
	}
}

func (p *piecemeal) Abort(err error) bool {
	p.end = err
	return true
}

// The rest of a call is run a piece at a time, by turns with other calls, also when the mailbox is full.
func TestContinue(t *testing.T) {
	l := manual(t, loop.WithMailboxLimit(2))
	pieces, others := 0, 0
	p := &piecemeal{loop: l, left: 100, ran: func() { pieces++ }}
	other := func() {
		others++
		require.Less(t, pieces, 10)
	}
	require.NoError(t, l.Submit(p))
	require.NoError(t, l.Post(func() {
		require.NoError(t, l.Post(other))
		require.NoError(t, l.Post(other))
		require.ErrorIs(t, l.Post(other), loop.ErrMailboxFull)
	}))
	drain(l)
	require.Equal(t, 100, pieces)
	require.Equal(t, 2, others)
	require.NoError(t, p.end)
}

// A rest that is not run because the loop stops is aborted, and counts as dropped.
func TestContinue_Stop(t *testing.T) {
	for name, stop := range map[string]func(l *loop.Loop) error{
		"in the call": func(l *loop.Loop) error { l.Stop(); return nil },
		"after it":    func(l *loop.Loop) error { return l.Post(l.Stop) },
	} {
		t.Run(name, func(t *testing.T) {
			l := manual(t)
			ran := 0
			p := &piecemeal{loop: l, left: 10}
			p.ran = func() {
				if ran++; ran == 1 {
					require.NoError(t, stop(l))
				}
			}
			require.NoError(t, l.Submit(p))
			drain(l)
			<-l.Done()
			require.Less(t, ran, 3)
			require.ErrorIs(t, p.end, loop.ErrStopped)
			require.EqualValues(t, 1, l.Stats().Dropped)
		})
	}
}

// Enqueue leaves the waking to the caller.
func TestEnqueue(t *testing.T) {
	l := running(t)
	done := make(chan struct{})
	p := &piecemeal{loop: l, left: 1, ran: func() { close(done) }}
	enqueue := func() (wake bool, err error) {
		l.Lock()
		defer l.Unlock()
		return l.Enqueue(p)
	}
	wake, err := enqueue()
	require.NoError(t, err)
	if wake {
		l.Rouse()
	}
	<-done
	l.Stop()
	<-l.Done()
	wake, err = enqueue()
	require.ErrorIs(t, err, loop.ErrStopped)
	require.False(t, wake)
}
