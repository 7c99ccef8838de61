package queue_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/queue"
)

func put(t *testing.T, m *queue.Mailbox[int], values ...int) {
	t.Helper()
	for _, v := range values {
		wake, err := m.Put(v)
		require.NoError(t, err)
		require.False(t, wake)
	}
}

// take takes both lanes.
func take(m *queue.Mailbox[int]) (ordinary, express []int) {
	return m.Take(nil), m.TakeExpress(nil)
}

func TestMailboxKeepsTheOrder(t *testing.T) {
	m := queue.NewMailbox[int](0)
	put(t, m, 1, 2, 3)
	m.PutExpress(10)
	put(t, m, 4)
	m.PutExpress(11)
	ordinary, express := take(m)
	require.Equal(t, []int{1, 2, 3, 4}, ordinary)
	require.Equal(t, []int{10, 11}, express)
	ordinary, express = take(m)
	require.Empty(t, ordinary)
	require.Empty(t, express)
}

func TestMailboxLanesAreTakenApart(t *testing.T) {
	m := queue.NewMailbox[int](0)
	put(t, m, 1)
	m.PutExpress(10)
	require.Equal(t, []int{10}, m.TakeExpress(nil))
	require.True(t, m.NonEmpty(), "the ordinary lane has something")
	require.Equal(t, []int{1}, m.Take(nil))
	require.False(t, m.NonEmpty())

	put(t, m, 2)
	m.PutExpress(20)
	require.Equal(t, []int{2}, m.Take(nil))
	require.True(t, m.NonEmpty(), "the express lane has something")
	put(t, m, 3)
	require.Equal(t, []int{20}, m.TakeExpress(nil))
	require.True(t, m.NonEmpty())
	require.Equal(t, []int{3}, m.Take(nil))
	require.False(t, m.NonEmpty())
}

// What the consumer has been given is its own until it gives it back, which costs nothing then.
func TestMailboxTakesSlicesTurnByTurn(t *testing.T) {
	m := queue.NewMailbox[int](0)
	put(t, m, 1, 2)
	m.PutExpress(10)
	first, firstExpress := m.Take(make([]int, 0, 8)), m.TakeExpress(make([]int, 0, 16))
	put(t, m, 3, 4)
	m.PutExpress(20)
	require.Equal(t, []int{1, 2}, first, "untouched by what has come since")
	require.Equal(t, []int{10}, firstExpress)
	second, secondExpress := m.Take(first), m.TakeExpress(firstExpress)
	require.Equal(t, []int{3, 4}, second)
	require.Equal(t, []int{20}, secondExpress)
	require.Equal(t, 8, cap(second), "the slice given back first")
	require.Equal(t, 16, cap(secondExpress))

	require.Zero(t, testing.AllocsPerRun(100, func() {
		_, _ = m.Put(1)
		m.PutExpress(2)
		second, secondExpress = m.Take(second), m.TakeExpress(secondExpress)
	}))
}

// What is in the slices that are given back does not come out again.
func TestMailboxEmptiesWhatIsGivenBack(t *testing.T) {
	m := queue.NewMailbox[int](0)
	used := []int{7, 8, 9}
	require.Empty(t, m.Take(used))
	require.Empty(t, m.TakeExpress(used))
	put(t, m, 1)
	m.PutExpress(2)
	require.Equal(t, []int{1}, m.Take(used))
	require.Equal(t, []int{2}, m.TakeExpress([]int{7}))
	require.Empty(t, m.Take(nil))
	require.Empty(t, m.TakeExpress(nil))
	put(t, m, 3)
	require.Equal(t, []int{3}, m.Take(nil), "not what was given back")
}

func TestMailboxPutLast(t *testing.T) {
	m := queue.NewMailbox[int](1)
	put(t, m, 1)
	m.PutLast(2)
	require.Equal(t, 1, m.Len(), "it does not count")
	ordinary, _ := take(m)
	require.Equal(t, []int{1, 2}, ordinary)
	m.Close()
	m.PutLast(3)
	require.True(t, m.NonEmpty())
	require.False(t, m.Sleep())
	ordinary, _ = take(m)
	require.Equal(t, []int{3}, ordinary)
}

func TestMailboxLimit(t *testing.T) {
	m := queue.NewMailbox[int](2)
	put(t, m, 1, 2)
	refused := func() {
		t.Helper()
		wake, err := m.Put(99)
		require.ErrorIs(t, err, queue.ErrFull)
		require.False(t, wake)
	}
	refused()
	require.False(t, m.PutExpress(10), "the express lane has no limit")

	take(m)
	refused() // taken is not started
	m.SetStarted(1)
	require.EqualValues(t, 1, m.Started())
	put(t, m, 3)
	refused()
	require.Equal(t, 2, m.Len())
	m.SetStarted(3)
	require.Zero(t, m.Len())
	put(t, m, 4, 5)
	refused()
	ordinary, _ := take(m)
	require.Equal(t, []int{3, 4, 5}, ordinary, "nothing of what was refused")
}

func TestMailboxWithoutLimit(t *testing.T) {
	for _, limit := range []int{0, -1} {
		m := queue.NewMailbox[int](limit)
		for i := range 100_000 {
			_, err := m.Put(i)
			require.NoError(t, err)
		}
		require.Equal(t, 100_000, m.Len())
	}
}

// A refused Put does not end a sleep: there is nothing to wake up for.
func TestMailboxRefusalDoesNotWake(t *testing.T) {
	m := queue.NewMailbox[int](1)
	put(t, m, 1)
	take(m)
	require.True(t, m.Sleep())
	wake, err := m.Put(2)
	require.ErrorIs(t, err, queue.ErrFull)
	require.False(t, wake)
	m.Close()
	wake, err = m.Put(2)
	require.ErrorIs(t, err, queue.ErrClosed)
	require.False(t, wake)
	require.True(t, m.PutExpress(3), "the consumer still sleeps")
}

func TestMailboxClose(t *testing.T) {
	m := queue.NewMailbox[int](1)
	put(t, m, 1)
	m.Close()
	m.Close()
	_, err := m.Put(2)
	require.ErrorIs(t, err, queue.ErrClosed, "rather than full")
	require.False(t, m.PutExpress(10))
	require.True(t, m.NonEmpty())
	ordinary, express := take(m)
	require.Equal(t, []int{1}, ordinary)
	require.Equal(t, []int{10}, express)
	require.Equal(t, 1, m.Len(), "it has not been started")
}

// One sleep costs one wake-up, whoever ends it.
func TestMailboxSleep(t *testing.T) {
	enders := map[string]func(m *queue.Mailbox[int]) bool{
		"Put":        func(m *queue.Mailbox[int]) bool { wake, _ := m.Put(1); return wake },
		"PutExpress": func(m *queue.Mailbox[int]) bool { return m.PutExpress(1) },
		"Nudge":      func(m *queue.Mailbox[int]) bool { return m.Nudge() },
	}
	for name, end := range enders {
		for next, endAgain := range enders {
			t.Run(name+" then "+next, func(t *testing.T) {
				m := queue.NewMailbox[int](0)
				require.False(t, end(m), "nobody sleeps")
				take(m)
				require.True(t, m.Sleep())
				require.True(t, m.Sleep(), "announced again")
				require.True(t, end(m))
				require.False(t, endAgain(m), "woken already")
				take(m)
				require.True(t, m.Sleep())
				m.Wakened()
				require.False(t, end(m), "woke by itself")
			})
		}
	}
}

func TestMailboxDoesNotSleepOnSomething(t *testing.T) {
	fillers := map[string]func(m *queue.Mailbox[int]){
		"Put":        func(m *queue.Mailbox[int]) { put(t, m, 1) },
		"PutExpress": func(m *queue.Mailbox[int]) { m.PutExpress(1) },
		"PutLast":    func(m *queue.Mailbox[int]) { m.PutLast(1) },
	}
	for name, fill := range fillers {
		t.Run(name, func(t *testing.T) {
			m := queue.NewMailbox[int](0)
			require.False(t, m.NonEmpty())
			fill(m)
			require.True(t, m.NonEmpty())
			require.False(t, m.Sleep())
			require.False(t, m.Nudge(), "it does not sleep")
			take(m)
			require.False(t, m.NonEmpty())
			require.True(t, m.Sleep())
		})
	}
}

// The consumer has taken all, but has not started it: it sleeps all the same, for what it has taken is
// its own business.
func TestMailboxSleepIgnoresWhatIsTaken(t *testing.T) {
	m := queue.NewMailbox[int](0)
	put(t, m, 1)
	take(m)
	require.Equal(t, 1, m.Len())
	require.True(t, m.Sleep())
}
