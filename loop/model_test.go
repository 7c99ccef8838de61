package loop_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

// model is a naive loop: what it has accepted in plain lists, in virtual time, all that is ready run at
// each step. It predicts what each kind of work does in which order. Between kinds (timers, calls, calls
// that go on) the loop promises no order, so each has a trace of its own.
type model struct {
	now     int
	stopped bool
	queue   []*modelCall // accepted and not started
	waiting []*modelCall // until they are woken
	timers  []*modelCall // by submission
	posts   []string
	fired   []string
	resumed map[string]string // how each wait has ended
}

type modelCall struct {
	id    string
	kind  byte
	when  int
	sleep bool
}

// run is everything that is ready at the present time.
func (m *model) run() {
	slices.SortStableFunc(m.timers, func(a, b *modelCall) int { return a.when - b.when })
	for len(m.timers) > 0 && m.timers[0].when <= m.now {
		c := m.timers[0]
		m.timers = m.timers[1:]
		if c.sleep {
			m.resumed[c.id] = "<nil>"
		} else {
			m.fired = append(m.fired, c.id)
		}
	}
	for _, c := range m.queue {
		m.posts = append(m.posts, c.id)
		switch c.kind {
		case opYield:
			m.resumed[c.id] = "<nil>"
		case opSleep:
			c.sleep, c.when = true, m.now+c.when
			if c.when == m.now {
				m.resumed[c.id] = "<nil>"
			} else {
				m.timers = append(m.timers, c)
			}
		case opWait:
			m.waiting = append(m.waiting, c)
		}
	}
	m.queue = nil
}

func (m *model) stop() {
	m.stopped = true
	for _, c := range m.waiting {
		m.resumed[c.id] = loop.ErrStopped.Error()
	}
	for _, c := range m.timers {
		if c.sleep {
			m.resumed[c.id] = loop.ErrStopped.Error()
		}
	}
	m.waiting, m.timers, m.queue = nil, nil, nil
}

const (
	opPost byte = iota
	opDelayed
	opStopTimer
	opSleep
	opYield
	opWait
	opCancel
	opRun
	opAdvance
	opStop
	ops
)

// loopAgrees plays a script on a manual loop and on the model: two bytes an operation.
func loopAgrees(t *testing.T, script []byte) {
	var (
		l       = loop.New(quiet())
		m       = &model{resumed: map[string]string{}}
		posts   []string
		fired   []string
		resumed = map[string]string{}
		timers  []*loop.Timer
		timerOf []*modelCall
		cancels []context.CancelFunc
		waiters []*modelCall
	)
	defer finish(l)
	check := func() {
		require.Equal(t, m.posts, posts)
		require.Equal(t, m.fired, fired)
		require.Equal(t, m.resumed, resumed)
		s := l.Stats()
		require.Equal(t, len(m.timers), s.Timers)
		require.Equal(t, len(m.queue), s.QueueDepth)
	}
	// wait is a call that starts, waits, and tells how that has ended.
	wait := func(id string, fn func() error) func() {
		return func() {
			posts = append(posts, id)
			resumed[id] = fmt.Sprint(fn())
		}
	}
	for step := 0; len(script) >= 2; step++ {
		op, arg := script[0]%ops, script[1]
		script = script[2:]
		c := &modelCall{id: fmt.Sprint(op, "-", step), kind: op}
		var fn func()
		switch op {
		case opPost:
			fn = func() { posts = append(posts, c.id) }
		case opYield:
			fn = wait(c.id, func() error { return loop.Yield(background) })
		case opSleep:
			c.when = int(arg % 4)
			fn = wait(c.id, func() error { return loop.Sleep(background, time.Duration(arg%4)*time.Second) })
		case opWait:
			ctx, cancel := context.WithCancel(background)
			defer cancel()
			cancels, waiters = append(cancels, cancel), append(waiters, c)
			fn = wait(c.id, func() error {
				p, err := loop.Self()
				for err == nil {
					err = p.Park(ctx)
				}
				return err
			})
		case opDelayed:
			c.when = m.now + int(arg%4)
			timer, err := l.PostDelayed(time.Duration(arg%4)*time.Second, func() { fired = append(fired, c.id) })
			if m.stopped {
				require.ErrorIs(t, err, loop.ErrStopped)
				break
			}
			require.NoError(t, err)
			timers, timerOf = append(timers, timer), append(timerOf, c)
			m.timers = append(m.timers, c)
		case opStopTimer:
			if len(timers) > 0 {
				i := int(arg) % len(timers)
				at := slices.Index(m.timers, timerOf[i])
				require.Equal(t, at >= 0, timers[i].Stop())
				if at >= 0 {
					m.timers = slices.Delete(m.timers, at, at+1)
				}
			}
		case opCancel:
			if len(cancels) > 0 {
				i := int(arg) % len(cancels)
				cancels[i]()
				synctest.Wait()
				c := waiters[i]
				switch at := slices.Index(m.waiting, c); {
				case at >= 0:
					m.waiting = slices.Delete(m.waiting, at, at+1)
					m.resumed[c.id] = context.Canceled.Error()
				case slices.Contains(m.queue, c):
					c.kind = opPost // starts, and does not wait
					m.resumed[c.id] = context.Canceled.Error()
				}
				drainModel(l, m)
			}
		case opRun:
			drainModel(l, m)
		case opAdvance:
			time.Sleep(time.Duration(arg%4) * time.Second)
			m.now += int(arg % 4)
			drainModel(l, m)
		case opStop:
			if arg%8 == 0 { // seldom: little happens afterwards
				finish(l)
				m.stop()
			}
		}
		if fn != nil {
			err := l.Post(fn)
			if m.stopped {
				require.ErrorIs(t, err, loop.ErrStopped)
			} else {
				require.NoError(t, err)
				m.queue = append(m.queue, c)
			}
		}
		check()
	}
	finish(l)
	if !m.stopped {
		m.stop()
	}
	check()
	require.Zero(t, l.Stats().Suspended)
	require.Zero(t, l.Stats().Idle)
}

// drainModel has both run what is ready. Time stands still meanwhile.
func drainModel(l *loop.Loop, m *model) {
	if !m.stopped {
		drain(l)
		m.run()
	}
}

func FuzzLoop(f *testing.F) {
	f.Add([]byte{opPost, 0, opSleep, 2, opYield, 0, opDelayed, 1, opRun, 0, opAdvance, 3, opStop, 0})
	f.Add([]byte{opWait, 0, opWait, 0, opRun, 0, opCancel, 1, opPost, 0, opCancel, 0, opRun, 0})
	f.Add([]byte{opWait, 0, opCancel, 0, opDelayed, 2, opDelayed, 1, opStopTimer, 0, opAdvance, 3, opStop, 0, opPost, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 400 {
			return
		}
		synctest.Test(t, func(t *testing.T) { loopAgrees(t, script) })
	})
}
