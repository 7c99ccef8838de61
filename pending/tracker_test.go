package pending_test

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// recorder is a Tracker of a type of its own.
type recorder struct{ handles []pending.Handle }

func (r *recorder) Track(h pending.Handle) { r.handles = append(r.handles, h) }

// other is one of another type.
type other struct{ recorder }

// T-01, T-07: a tracker is active in the context it was put into and in those made from it, and nowhere
// else. There is nothing to deactivate, and so nothing to deactivate twice.
func TestTrackerIsActiveInItsContext(t *testing.T) {
	m := pending.NewManager()
	require.Empty(t, pending.Trackers(never), "making it does not activate it")
	ctx := m.Context(never)
	require.Equal(t, []pending.Tracker{m}, pending.Trackers(ctx))
	inner := context.WithValue(ctx, contextKey{}, 1)
	require.Equal(t, []pending.Tracker{m}, pending.Trackers(inner))
	require.Empty(t, pending.Trackers(never))
}

// T-02
func TestManagerKeepsWhatIsNotDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := manual(t)
		m := pending.NewManager()
		ctx := m.Context(never)
		g := newGate()
		defer open(g)
		good := pending.Submit(ctx, l, 0, through(g, 1))
		bad := pending.Submit(ctx, l, 0, func(ctx context.Context) (int, error) { return 0, errBoom })
		late := pending.Submit(ctx, l, second, constant(2))
		goroutine := pending.Go(ctx, through(g, 3))
		bare := pending.New[int](ctx)
		givenUp := pending.New[int](ctx)
		panics := pending.Submit(ctx, l, 0, func(context.Context) (int, error) { panic("no concern of the manager's") })
		// In the order in which they were made.
		requireHandles(t, m.Pending(), good, bad, late, goroutine, bare, givenUp, panics)

		drive(l)
		requireHandles(t, m.Pending(), good, late, goroutine, bare, givenUp)
		short, cancel := context.WithTimeout(never, time.Millisecond)
		defer cancel()
		go givenUp.WaitDone(short)
		sleepUntilIdle(time.Millisecond)
		requireHandles(t, m.Pending(), good, late, goroutine, bare)
		sleepUntilIdle(second)
		drive(l)
		requireHandles(t, m.Pending(), good, goroutine, bare)
		open(g)
		bare.Cancel("")
		drive(l)
		synctest.Wait()
		require.Empty(t, m.Pending())
	})
}

// T-03: what a tracked call starts is tracked as well, wherever it runs.
func TestTrackersAreInherited(t *testing.T) {
	for starter, start := range starters {
		bubble(t, "T-03/"+starter, func(t *testing.T) {
			l := running(t)
			m := pending.NewManager()
			g := newGate()
			const depth = 5
			var seen []pending.Tracker
			var descend func(ctx context.Context) (int, error)
			level := 0
			descend = func(ctx context.Context) (int, error) {
				seen = append(seen, pending.Trackers(ctx)...)
				if level++; level < depth {
					start(ctx, l, descend)
				}
				return 0, g.WaitDone(never)
			}
			start(m.Context(never), l, descend)
			synctest.Wait()
			require.Len(t, m.Pending(), depth)
			require.Len(t, seen, depth)
			for _, tracker := range seen {
				require.Same(t, m, tracker)
			}
			open(g)
			synctest.Wait()
			require.Empty(t, m.Pending())
		})
	}
}

// T-05, T-09: one of each type is active, the last; and what is made goes to exactly those.
func TestTrackersOfSeveralTypes(t *testing.T) {
	a, b, m, inner := &recorder{}, &other{}, pending.NewManager(), pending.NewManager()
	onlyA := pending.WithTracker(never, a)
	both := pending.WithTracker(onlyA, b)
	all := m.Context(both)
	replaced := inner.Context(all)
	replacedA := pending.WithTracker(both, &recorder{})
	none := pending.WithTracker(all, nil)
	onlyB := pending.WithTracker(none, b)

	for _, active := range []struct {
		ctx  context.Context
		want []pending.Tracker
	}{
		{never, nil},
		{onlyA, []pending.Tracker{a}},
		{both, []pending.Tracker{a, b}},
		{all, []pending.Tracker{a, b, m}},
		{replaced, []pending.Tracker{a, b, inner}},
		{none, nil},
		{onlyB, []pending.Tracker{b}},
	} {
		got := pending.Trackers(active.ctx)
		require.Len(t, got, len(active.want))
		for i := range got {
			require.Same(t, active.want[i], got[i])
		}
	}
	require.Len(t, pending.Trackers(replacedA), 2)

	made := map[context.Context]*pending.Pending[int]{}
	for _, ctx := range []context.Context{never, onlyA, both, all, replaced, replacedA, none, onlyB} {
		made[ctx] = pending.New[int](ctx)
	}
	requireHandles(t, a.handles, made[onlyA], made[both], made[all], made[replaced])
	requireHandles(t, b.handles, made[both], made[all], made[replaced], made[replacedA], made[onlyB])
	requireHandles(t, m.Pending(), made[all])
	requireHandles(t, inner.Pending(), made[replaced])
}

// T-05: putting one in does not change the context it is put into.
func TestWithTrackerLeavesTheContextAlone(t *testing.T) {
	a, b, m := &recorder{}, &other{}, pending.NewManager()
	base := pending.WithTracker(pending.WithTracker(never, a), b)
	one := m.Context(base)
	two := pending.NewManager().Context(base)
	require.Len(t, pending.Trackers(base), 2)
	require.Same(t, m, pending.Trackers(one)[2])
	require.NotSame(t, m, pending.Trackers(two)[2])
}

// T-08: without trackers, neither the call nor what it starts has any.
func TestIsolatedFromTrackers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		m := pending.NewManager()
		var inCall, inGrandchild []pending.Tracker
		ran := 0
		pending.Submit(pending.WithTracker(m.Context(never), nil), l, 0, func(ctx context.Context) (int, error) {
			inCall = pending.Trackers(ctx)
			pending.Go(ctx, func(ctx context.Context) (int, error) {
				pending.Submit(ctx, l, 0, func(ctx context.Context) (int, error) {
					inGrandchild = pending.Trackers(ctx)
					ran++
					return 0, nil
				})
				return 0, nil
			})
			return 0, nil
		})
		require.Empty(t, m.Pending())
		synctest.Wait()
		require.Equal(t, 1, ran)
		require.Empty(t, inCall)
		require.Empty(t, inGrandchild)
	})
}

// T-10, as decided in DESIGN: a bare Pending joins the trackers of the context that it is made with, and
// no others, wherever it is made.
func TestBarePendingJoinsItsContext(t *testing.T) {
	l := manual(t)
	m := pending.NewManager()
	var inside, outside *pending.Pending[int]
	p := pending.Submit(m.Context(never), l, 0, func(ctx context.Context) (int, error) {
		inside = pending.New[int](ctx)
		outside = pending.New[int](never)
		return 1, nil
	})
	drive(l)
	requireResult(t, p, 1)
	requireHandles(t, m.Pending(), inside)
	inside.SetResult(1)
	outside.SetResult(1)
}

// T-11: nothing is needed to keep a tracker but the context, and none may go at any time.
func TestManagerNobodyKeeps(t *testing.T) {
	ctx := pending.NewManager().Context(never)
	p := pending.New[int](ctx)
	p.SetResult(1)
	require.Len(t, pending.Trackers(ctx), 1)
}

// T-12: what the library needs for its own purposes is of no concern to the trackers of the user.
func TestNothingInternalIsTracked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		r := &recorder{}
		ctx := pending.WithTracker(never, r)
		p := pending.Submit(ctx, l, 0, func(ctx context.Context) (int, error) {
			check(t, loop.Sleep(ctx, second) == nil, "Sleep")
			_, err := loop.Block(ctx, func(context.Context) (int, error) { return 0, nil })
			check(t, err == nil, "Block")
			check(t, newGateIn(second).WaitDone(ctx) == nil, "the wait")
			return 1, l.Do(ctx, func() {})
		})
		synctest.Wait()
		sleepUntilIdle(hour)
		requireResult(t, p, 1)
		requireHandles(t, r.handles, p)
	})
}

// A tracker is told before the work is handed over: it can refuse it.
func TestTrackerCancels(t *testing.T) {
	for starter, start := range starters {
		bubble(t, starter, func(t *testing.T) {
			l := running(t)
			p := start(pending.WithTracker(never, refuser{}), l, neverRun(t))
			requireCancelled(t, p)
			require.EqualError(t, p.Err(), "cancelled: refused")
			synctest.Wait()
		})
	}
}

type refuser struct{}

func (refuser) Track(p pending.Handle) { p.Cancel("refused") }

func TestManagerAddAndRemove(t *testing.T) {
	m := pending.NewManager()
	a, b := pending.New[int](never), pending.New[string](never)
	m.Add(b)
	m.Add(a)
	m.Add(b)
	requireHandles(t, m.Pending(), b, a) // each once, in the order of the first time
	m.Remove(b)
	requireHandles(t, m.Pending(), a)
	m.Remove(b)
	m.Add(b)
	requireHandles(t, m.Pending(), a, b)
	a.SetResult(1)
	b.Cancel("")
	require.Empty(t, m.Pending())
	m.Add(a)
	require.Empty(t, m.Pending(), "it is done")
}

// One that is done is not kept, also while its callbacks still run: who has waited for all does not find
// one that is left over. (T-02)
func TestManagerKeepsNoneThatIsDone(t *testing.T) {
	m := pending.NewManager()
	p := pending.New[int](never)
	called := false
	p.AddDoneCallback(func(pending.Handle) {
		called = true
		require.Empty(t, m.Pending())
	})
	m.Add(p)
	require.Len(t, m.Pending(), 1)
	p.SetResult(1)
	require.True(t, called)
}

// A Pending may be with several managers, which do not get into each other's way.
func TestPendingOfSeveralManagers(t *testing.T) {
	one, two := pending.NewManager(), pending.NewManager()
	p := pending.New[int](one.Context(never))
	two.Add(p)
	one.Remove(p)
	require.Empty(t, one.Pending())
	requireHandles(t, two.Pending(), p)
	p.SetResult(1)
	require.Empty(t, two.Pending())
}

func TestManagerCancelsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		m := pending.NewManager()
		ctx := m.Context(never)
		for range 10 {
			pending.Submit(ctx, l, 0, through(newGate(), 0))
			pending.Submit(ctx, l, hour, constant(0))
			pending.New[int](ctx)
		}
		synctest.Wait()
		all := m.Pending()
		require.Len(t, all, 30)
		for _, p := range all {
			require.True(t, p.Cancel("all of them"))
		}
		synctest.Wait()
		require.Empty(t, m.Pending())
		for _, p := range all {
			requireCancelled(t, p)
		}
	})
}

// A Handle may be made of a Pending, or be of another make altogether. (T-02)
func TestManagerOfOtherHandles(t *testing.T) {
	type made struct{ *pending.Pending[int] }
	type foreign struct{ pending.Handle }
	for name, handle := range map[string]func(*pending.Pending[int]) pending.Handle{
		"made of one": func(p *pending.Pending[int]) pending.Handle { return made{p} },
		"foreign":     func(p *pending.Pending[int]) pending.Handle { return foreign{p} },
	} {
		t.Run(name, func(t *testing.T) {
			m := pending.NewManager()
			kept := handle(pending.New[int](never))
			m.Add(kept)
			require.Equal(t, []pending.Handle{kept}, m.Pending())
			m.Remove(kept)
			var ended []error
			m.Observe(func(p pending.Handle) { ended = append(ended, p.Err()) })
			ps := make([]*pending.Pending[int], 4)
			for i := range ps {
				ps[i] = pending.New[int](never)
				m.Add(handle(ps[i]))
				m.Add(handle(ps[i]))
			}
			require.Len(t, m.Pending(), 4, "each once")
			m.Remove(handle(ps[1]))
			require.Len(t, m.Pending(), 3)
			ps[0].SetResult(1)
			ps[1].SetError(errBoom)
			ps[2].SetError(errBoom)
			require.Len(t, m.Pending(), 1)
			require.Equal(t, []error{errBoom}, ended)
			ps[3].Cancel("")
			require.NoError(t, m.Wait(t.Context()))
			m.Remove(handle(pending.New[int](never)))
			m.Add(handle(ps[2]))
			require.Empty(t, m.Pending(), "it is done")
			require.Len(t, ended, 3)
		})
	}
}

// Members leave from anywhere in the line.
func TestManagerKeepsTheOrder(t *testing.T) {
	for gone := range 8 {
		for _, remove := range []bool{false, true} {
			m := pending.NewManager()
			ps := make([]pending.Handle, 4)
			for i := range ps {
				ps[i] = pending.New[int](m.Context(never))
			}
			first, second := gone%4, (gone+1+gone/4)%4
			for _, i := range []int{first, second} {
				if remove {
					m.Remove(ps[i])
				} else {
					ps[i].Cancel("")
				}
			}
			want := slices.DeleteFunc(slices.Clone(ps), func(p pending.Handle) bool { return p == ps[first] || p == ps[second] })
			requireHandles(t, m.Pending(), want...)
			last := pending.New[int](m.Context(never))
			requireHandles(t, m.Pending(), append(want, last)...)
		}
	}
}

// A function that watches over the members may end its goroutine, and be the last to be told. (P-10)
func TestManagerObserverThatDoesNotReturn(t *testing.T) {
	for name, fn := range map[string]func(){"panic": func() { panic(errBoom) }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			quiet(t)
			m := pending.NewManager()
			told := 0
			m.Observe(func(pending.Handle) { told++; fn() })
			p := pending.New[int](m.Context(never))
			called := false
			p.AddDoneCallback(func(pending.Handle) { called = true })
			done := make(chan struct{})
			go func() {
				defer close(done)
				p.SetError(errBoom)
			}()
			<-done
			require.Equal(t, 1, told)
			require.True(t, called)
			require.NoError(t, m.Wait(t.Context()))
		})
	}
}

func TestManagerFromManyGoroutines(t *testing.T) {
	m := pending.NewManager()
	ctx := m.Context(never)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 500 {
				p := pending.New[int](ctx)
				m.Pending()
				if i%2 == 0 {
					p.SetResult(i)
				} else {
					p.Cancel("")
				}
				m.Remove(p)
			}
		})
	}
	all.Wait()
	require.Empty(t, m.Pending())
}

// Calls that start their successor under the same trackers do not become a chain of contexts.
func TestWithTrackersOfTheSameTrackersIsTheSameContext(t *testing.T) {
	m := pending.NewManager()
	require.Equal(t, never, pending.WithTrackers(never))
	ctx := pending.WithTrackers(never, m)
	require.NotEqual(t, never, ctx)
	require.Equal(t, ctx, pending.WithTrackers(ctx, m))
	none := pending.WithTrackers(ctx)
	require.Empty(t, pending.Trackers(none))
	require.Equal(t, none, pending.WithTrackers(none))
}

// valued is a Tracker whose type can be compared, and whose values perhaps not.
type valued struct{ v any }

func (valued) Track(pending.Handle) {}

func TestTrackersThatCannotBeCompared(t *testing.T) {
	tracker := valued{[]int{1}}
	ctx := pending.WithTrackers(never, tracker)
	require.NotPanics(t, func() { ctx = pending.WithTrackers(ctx, tracker) })
	require.Len(t, pending.Trackers(ctx), 1)
}
