package caller_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// In a bubble a deadlock ends the test.

// around has each call wait for one on the next caller, n deep.
func around(callers []*caller.Caller, at, n int) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		if n == 0 {
			return 0, loop.Yield(ctx)
		}
		next := (at + 1) % len(callers)
		v, err := caller.CallSoon(ctx, callers[next], around(callers, next, n-1)).Wait(ctx)
		return v + 1, err
	}
}

// aroundDo is the same with Do.
func aroundDo(ctx context.Context, callers []*caller.Caller, at, n int) error {
	if n == 0 {
		return nil
	}
	var inner error
	next := (at + 1) % len(callers)
	err := callers[next].Do(ctx, func() { inner = aroundDo(ctx, callers, next, n-1) })
	if err == nil {
		err = inner
	}
	return err
}

// One caller waits for another that waits for the first, and so on: as a pair, as parent and child and the
// reverse, as a ring, all of them at once, by Wait and by Do.
func TestWaitingInCirclesDoesNotDeadlock(t *testing.T) {
	families := map[string]func(t *testing.T) []*caller.Caller{
		"one":  func(t *testing.T) []*caller.Caller { return []*caller.Caller{start(t)} },
		"pair": func(t *testing.T) []*caller.Caller { return []*caller.Caller{start(t), start(t)} },
		"ring": func(t *testing.T) []*caller.Caller { return []*caller.Caller{start(t), start(t), start(t)} },
		"parent and child": func(t *testing.T) []*caller.Caller {
			c := start(t)
			return []*caller.Caller{c, get(t, c, "child")}
		},
		"child and parent": func(t *testing.T) []*caller.Caller {
			c := start(t)
			return []*caller.Caller{get(t, c, "child"), c}
		},
		"generations": func(t *testing.T) []*caller.Caller {
			c := start(t)
			child := get(t, c, "child")
			return []*caller.Caller{get(t, child, "grandchild"), c, child}
		},
	}
	const deep = 30
	for name, family := range families {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				callers := family(t)
				var results []*pending.Pending[int]
				var dos []*pending.Pending[pending.None]
				for round := range 4 * len(callers) {
					at := round % len(callers)
					results = append(results, caller.CallSoon(t.Context(), callers[at], around(callers, at, deep)))
					dos = append(dos, callers[at].CallSoon(t.Context(), func(ctx context.Context) error {
						return aroundDo(ctx, callers, at, deep)
					}))
				}
				for _, p := range results {
					v, err := p.Wait(t.Context())
					require.NoError(t, err)
					require.Equal(t, deep, v)
				}
				for _, p := range dos {
					_, err := p.Wait(t.Context())
					require.NoError(t, err)
				}
			})
		})
	}
}

// Two callers Do each other at once, over and over, while goroutines Do both.
func TestDoBothWaysAtOnce(t *testing.T) {
	realTime(t)
	a, b := start(t), start(t)
	var ps []*pending.Pending[pending.None]
	for _, two := range [][2]*caller.Caller{{a, b}, {b, a}, {a, b}, {b, a}} {
		ps = append(ps, two[0].CallSoon(t.Context(), func(ctx context.Context) error {
			for range 300 {
				if err := two[1].Do(ctx, func() {}); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	for i := range 600 {
		require.NoError(t, []*caller.Caller{a, b}[i%2].Do(t.Context(), func() {}))
	}
	for _, p := range ps {
		_, err := p.Wait(t.Context())
		require.NoError(t, err)
	}
	require.NoError(t, a.Close())
	require.NoError(t, b.Close())
}

// Two callers close each other, and a third closes both, in calls of theirs.
func TestClosingEachOtherDoesNotDeadlock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for range 50 {
			a, b, c := start(t), start(t), start(t)
			for _, two := range [][2]*caller.Caller{{a, b}, {b, a}, {c, a}, {c, b}} {
				two[0].CallSoon(t.Context(), func(context.Context) error { return two[1].Close() })
			}
			require.NoError(t, a.WaitStopped(t.Context()))
			require.NoError(t, b.WaitStopped(t.Context()))
			require.NoError(t, c.Close())
		}
	})
}

// A call may wait for the stop of a child, of a sibling, and of a stranger.
func TestClosingOthersFromACall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		parent, stranger := start(t), start(t)
		child, sibling := get(t, parent, "child"), get(t, parent, "sibling")
		close := func(by, whom *caller.Caller) {
			whom.CallSoon(t.Context(), suspend)
			p := by.CallSoon(t.Context(), func(context.Context) error { return whom.Close() })
			_, err := p.Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, caller.Stopped, whom.State())
		}
		close(child, sibling)
		close(parent, child)
		close(parent, stranger)
	})
}
