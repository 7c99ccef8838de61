package queue_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/queue"
)

// model is what a Mailbox is, as simply as it can be said.
type model struct {
	ordinary, express []int
	accepted, started int
	limit             int
	closed, asleep    bool
}

func (m *model) put(v int) (wake bool, err error) {
	if m.closed {
		return false, queue.ErrClosed
	}
	if m.limit > 0 && m.accepted-m.started >= m.limit {
		return false, queue.ErrFull
	}
	m.ordinary = append(m.ordinary, v)
	m.accepted++
	return m.wake(), nil
}

func (m *model) wake() bool {
	wake := m.asleep
	m.asleep = false
	return wake
}

func (m *model) takeOrdinary() []int {
	o := m.ordinary
	m.ordinary = nil
	return o
}

func (m *model) takeExpress() []int {
	e := m.express
	m.express = nil
	return e
}

func (m *model) sleep() bool {
	m.asleep = len(m.ordinary)+len(m.express) == 0
	return m.asleep
}

// FuzzMailbox drives a Mailbox and the model with the same operations and expects to see the same. The
// slices go back and forth as a loop does it.
func FuzzMailbox(f *testing.F) {
	f.Add(byte(0), []byte{0, 0, 1, 3, 0})
	f.Add(byte(1), []byte{0, 0, 3, 6, 0, 9, 0})
	f.Add(byte(2), []byte{7, 0, 0, 7, 1, 7, 2, 3, 7, 10, 0})
	f.Add(byte(0), []byte{2, 4, 0, 5, 1, 4, 5, 8, 0, 1})
	f.Add(byte(3), []byte{0, 1, 2, 4, 0, 5, 3, 9, 6, 6, 6, 6, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, limit byte, ops []byte) {
		want := &model{limit: int(limit % 8)}
		got := queue.NewMailbox[int](int(limit % 8))
		var ordinary, express []int
		same := func(want, got []int) {
			t.Helper()
			require.Len(t, got, len(want))
			for i := range want {
				require.Equal(t, want[i], got[i])
			}
		}
		for v, op := range ops {
			switch op % 11 {
			case 0:
				wantWake, wantErr := want.put(v)
				wake, err := got.Put(v)
				require.Equal(t, wantWake, wake)
				require.True(t, errors.Is(err, wantErr), "%v is not %v", err, wantErr)
			case 1:
				want.express = append(want.express, v)
				require.Equal(t, want.wake(), got.PutExpress(v))
			case 2:
				want.ordinary = append(want.ordinary, v)
				got.PutLast(v)
			case 3, 4:
				ordinary = got.Take(ordinary)
				same(want.takeOrdinary(), ordinary)
			case 5:
				express = got.TakeExpress(express)
				same(want.takeExpress(), express)
			case 6:
				if want.started < want.accepted {
					want.started++
				}
				got.SetStarted(uint64(want.started))
			case 7:
				require.Equal(t, want.sleep(), got.Sleep())
			case 8:
				require.Equal(t, want.wake(), got.Nudge())
			case 9:
				want.asleep = false
				got.Wakened()
			case 10:
				want.closed = true
				got.Close()
			}
			require.Equal(t, len(want.ordinary)+len(want.express) > 0, got.NonEmpty())
			require.Equal(t, want.accepted-want.started, got.Len())
			require.EqualValues(t, want.started, got.Started())
		}
	})
}
