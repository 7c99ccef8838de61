package loop

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reference is timers as one would write them without caring for speed.
type reference []*Timer

func (r *reference) add(t *Timer) { *r = append(*r, t) } // submission order

func (r *reference) remove(t *Timer) bool {
	i := slices.Index(*r, t)
	if i >= 0 {
		*r = slices.Delete(*r, i, i+1)
	}
	return i >= 0
}

func (r *reference) first() *Timer {
	var first *Timer
	for _, t := range *r {
		if first == nil || t.when < first.when {
			first = t
		}
	}
	return first
}

// numbered is a call that can be told from others.
type numbered int

func (numbered) Run()             {}
func (numbered) Abort(error) bool { return true }

// timersAgree plays a script on both, two bytes an operation, and compares everything that can be seen.
func timersAgree(t *testing.T, script []byte) {
	var (
		heap  timers
		naive reference
		all   []*Timer
		now   int64
	)
	heap.publish()
	check := func(asked bool) {
		when := int64(never)
		if first := naive.first(); first != nil {
			when = first.when
		}
		require.Equal(t, len(naive), heap.len())
		require.LessOrEqual(t, heap.earliest.Load(), when)
		if asked {
			require.Equal(t, when, heap.next())
			require.Equal(t, when <= now, heap.due(now))
		}
	}
	pop := func() bool {
		want := naive.first()
		got := heap.pop(now)
		if want == nil || want.when > now {
			require.Nil(t, got)
			return false
		}
		require.Equal(t, want.call, got)
		naive.remove(want)
		require.False(t, heap.remove(want), "it has been popped")
		return true
	}
	for len(script) >= 2 {
		op, arg := script[0], script[1]
		script = script[2:]
		switch op % 4 {
		case 0, 1: // most times are equal, which is what the order of submission is for
			timer := &Timer{call: numbered(len(all)), when: now + int64(arg%16)}
			all = append(all, timer)
			naive.add(timer)
			first, ok := heap.add(timer)
			require.True(t, ok)
			if first { // otherwise one that is stale may come before it
				require.Same(t, naive.first(), timer)
			}
		case 2:
			if len(all) > 0 {
				timer := all[int(arg)%len(all)]
				require.Equal(t, naive.remove(timer), heap.remove(timer))
			}
		case 3:
			now += int64(arg % 8)
			if arg%2 == 0 {
				pop()
				break
			}
			for pop() {
			}
		}
		check(arg >= 128)
	}
	left := heap.close()
	for _, got := range left {
		want := naive.first()
		require.Equal(t, want.call, got)
		naive.remove(want)
	}
	require.Empty(t, naive)
	_, ok := heap.add(&Timer{})
	require.False(t, ok, "closed")
}

func FuzzTimers(f *testing.F) {
	f.Add([]byte{0, 5, 0, 5, 0, 3, 2, 1, 3, 7})
	f.Add([]byte{0, 1, 1, 1, 0, 1, 3, 1, 2, 0, 2, 2})
	f.Fuzz(timersAgree)
}

func TestTimersAgainstReference(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		script := make([]byte, 4000)
		for i := range script {
			script[i] = byte(r.Uint32())
		}
		timersAgree(t, script)
	}
}

// Those that are stopped are dropped together once they are most of all, and the others keep their order.
func TestTimersSweep(t *testing.T) {
	const n = 1000
	var h timers
	all := make([]*Timer, n)
	for i := range all {
		all[i] = &Timer{call: numbered(i), when: int64(i * 37 % n)}
		h.add(all[i])
	}
	for i, timer := range all {
		require.Equal(t, i%10 != 0, i%10 != 0 && h.remove(timer), "%d", i)
	}
	require.Equal(t, n/10, h.len())
	require.Less(t, len(h.heap), n/2)
	var left []int64
	for c := h.pop(n); c != nil; c = h.pop(n) {
		left = append(left, all[c.(numbered)].when)
	}
	require.Len(t, left, n/10)
	require.IsIncreasing(t, left)
}

// A timer that is armed anew while it waits comes once, at its new time.
func TestTimersArmedAgain(t *testing.T) {
	var h timers
	again := &Timer{call: numbered(1), when: 1}
	h.add(again)
	again.when = 3
	h.add(again)
	require.Equal(t, 1, h.len())
	require.Nil(t, h.pop(2))
	require.Equal(t, Call(numbered(1)), h.pop(3))
	require.Nil(t, h.pop(3))
	require.Zero(t, h.len())
}

func TestTimersRemoveEach(t *testing.T) {
	const n = 64
	for gone := range n {
		var h timers
		all := make([]*Timer, n)
		for i := range all {
			all[i] = &Timer{call: numbered(i), when: int64(i * 37 % n)}
			h.add(all[i])
		}
		require.True(t, h.remove(all[gone]))
		last := int64(-1)
		for c := h.pop(n); c != nil; c = h.pop(n) {
			when := all[c.(numbered)].when
			assert.Greater(t, when, last)
			last = when
		}
	}
}
