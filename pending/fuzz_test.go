package pending_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/pending"
)

// model is what a Pending is, as simply as it can be said. It has no waiters: those of one goroutine
// are over at once.
type model struct {
	done, cancelled bool
	value           int
	err             error // as given to SetError
	messages        []string
	givenUp         bool // cancelled by a wait, first of all
	canceller       int
	line            []modelCallback // not run yet
	serving         bool
	added           int
	trace           []string
}

type modelCallback struct{ id, kind int }

const (
	cancellerNone = iota
	cancellerNotes
	cancellerPanics
	cancellerSets
	cancellers
)

const (
	callbackNotes = iota
	callbackPanics
	callbackAdds
	callbackSets
	callbackCancels
	callbackRemovesNext
	callbacks
)

var (
	modelErrors   = []error{errBoom, errOther, context.Canceled, pending.ErrNotDone}
	modelMessages = []string{"", "one", "two"}
)

func (m *model) note(format string, args ...any) {
	m.trace = append(m.trace, fmt.Sprintf(format, args...))
}

func (m *model) settle(value int, err error) bool {
	if m.done {
		return false
	}
	m.done = true
	if !m.cancelled {
		m.value, m.err = value, err
	}
	accepted := !m.cancelled
	m.serve()
	return accepted
}

func (m *model) cancel(message string) bool {
	if m.done {
		return false
	}
	m.cancelled = true
	if message != "" {
		m.messages = append(m.messages, message)
	}
	switch m.canceller {
	case cancellerNone:
		m.done = true
		m.serve()
	case cancellerNotes:
		m.note("canceller %q", message)
	case cancellerSets:
		m.settle(7, nil)
	}
	return true
}

func (m *model) add(kind int) (id int) {
	id = m.added
	m.added++
	m.line = append(m.line, modelCallback{id, kind})
	if m.done && !m.serving {
		m.serve()
	}
	return id
}

func (m *model) remove(id int) bool {
	for i, c := range m.line {
		if c.id == id {
			m.line = append(m.line[:i:i], m.line[i+1:]...)
			return true
		}
	}
	return false
}

func (m *model) serve() {
	m.serving = true
	for len(m.line) > 0 {
		c := m.line[0]
		m.line = m.line[1:]
		m.note("callback %d", c.id)
		switch c.kind {
		case callbackAdds:
			m.add(callbackNotes)
		case callbackSets:
			m.note("set %v", m.settle(9, nil))
		case callbackCancels:
			m.note("cancelled %v", m.cancel("late"))
		case callbackRemovesNext:
			m.note("removed %v", m.remove(c.id+1))
		}
	}
	m.serving = false
}

// wait is one with a context that has ended.
func (m *model) wait(protected bool) (int, error) {
	switch {
	case !m.done:
		if !protected {
			m.givenUp = m.givenUp || !m.cancelled
			m.cancel("the wait for it was given up")
		}
		return 0, context.Canceled
	case m.cancelled:
		return 0, pending.ErrCancelled
	default:
		return m.value, m.err
	}
}

// subject drives a Pending like the model.
type subject struct {
	p      *pending.Pending[int]
	remove []func() bool
	trace  []string
}

func (s *subject) note(format string, args ...any) {
	s.trace = append(s.trace, fmt.Sprintf(format, args...))
}

func (s *subject) setCanceller(kind int) {
	s.p.SetCanceller([]func(string){
		nil,
		func(message string) { s.note("canceller %q", message) },
		func(string) { panic("canceller") },
		func(string) { s.p.SetResult(7) },
	}[kind])
}

func (s *subject) add(kind int) {
	id := len(s.remove)
	s.remove = append(s.remove, nil)
	s.remove[id] = s.p.AddDoneCallback(func(pending.Handle) {
		s.note("callback %d", id)
		switch kind {
		case callbackPanics:
			panic("callback")
		case callbackAdds:
			s.add(callbackNotes)
		case callbackSets:
			s.note("set %v", s.p.SetResult(9))
		case callbackCancels:
			s.note("cancelled %v", s.p.Cancel("late"))
		case callbackRemovesNext:
			s.note("removed %v", id+1 < len(s.remove) && s.remove[id+1]())
		}
	})
}

// requireSame compares all that can be seen from outside.
func requireSame(t *testing.T, m *model, s *subject) {
	t.Helper()
	p := s.p
	require.Equal(t, m.trace, s.trace)
	require.Equal(t, m.done, p.IsDone())
	require.Equal(t, m.done, closed(p.Done()))
	require.Equal(t, m.cancelled, p.Cancelled())
	v, err := p.Result()
	require.Equal(t, err, p.Err())
	switch {
	case !m.done:
		require.Equal(t, pending.ErrNotDone, err)
		require.Zero(t, v)
	case m.cancelled:
		require.Zero(t, v)
		requireCancelled(t, p)
		var cancelled *pending.CancelledError
		require.ErrorAs(t, err, &cancelled)
		require.Equal(t, strings.Join(m.messages, "; "), cancelled.Message)
		if m.givenUp {
			require.Equal(t, context.Canceled, cancelled.Cause)
		}
	default:
		require.Equal(t, m.value, v)
		require.Equal(t, m.err, err)
	}
}

// FuzzPending drives a Pending and the model with the same operations and expects to see the same.
func FuzzPending(f *testing.F) {
	quiet(f)
	f.Add([]byte{0, 1})                                        // P-01
	f.Add([]byte{4, 0, 4, 1, 4, 2, 0, 5, 4, 0})                // P-02, P-10
	f.Add([]byte{3, 1, 2, 1, 2, 2, 0, 5, 2, 0})                // P-09
	f.Add([]byte{4, 5, 4, 0, 4, 3, 4, 4, 5, 2, 1, 0})          // P-03, P-05
	f.Add([]byte{4, 0, 7, 0, 6, 0, 7, 0, 6, 0})                // P-13, P-14
	f.Add([]byte{3, 2, 2, 1, 6, 0, 3, 3, 2, 2})                // a canceller that panics, then one that sets
	f.Add([]byte{4, 2, 4, 2, 4, 2, 3, 1, 6, 0, 3, 0, 2, 1})    // given up, then cancelled for good
	f.Add([]byte{0, 3, 1, 1, 2, 0, 0, 4, 4, 1, 4, 2, 5, 0, 6}) // late callbacks
	ended, cancel := context.WithCancel(never)
	cancel()
	f.Fuzz(func(t *testing.T, ops []byte) {
		m, s := &model{}, &subject{p: pending.New[int](never)}
		for len(ops) >= 2 {
			op, arg := int(ops[0])%8, int(ops[1])
			ops = ops[2:]
			switch op {
			case 0:
				require.Equal(t, m.settle(arg, nil), s.p.SetResult(arg))
			case 1:
				err := modelErrors[arg%len(modelErrors)]
				require.Equal(t, m.settle(0, err), s.p.SetError(err))
			case 2:
				message := modelMessages[arg%len(modelMessages)]
				require.Equal(t, m.cancel(message), s.p.Cancel(message))
			case 3:
				if kind := arg % cancellers; !m.done {
					m.canceller = kind
					s.setCanceller(kind)
				} else {
					s.setCanceller(kind)
				}
			case 4:
				m.add(arg % callbacks)
				s.add(arg % callbacks)
			case 5:
				if arg < len(s.remove) {
					require.Equal(t, m.remove(arg), s.remove[arg]())
				}
			case 6, 7:
				var opts []pending.WaitOption
				if op == 7 {
					opts = append(opts, pending.Protect())
				}
				want, wantErr := m.wait(op == 7)
				got, err := s.p.Wait(ended, opts...)
				require.Equal(t, want, got)
				require.True(t, errors.Is(err, wantErr), "%v is not %v", err, wantErr)
			}
			requireSame(t, m, s)
		}
		s.p.SetCanceller(nil)
		s.p.Cancel("")
		require.True(t, s.p.IsDone())
	})
}
