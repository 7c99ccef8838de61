package pending_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// trace collects what happened, in order.
type trace []string

func (tr *trace) add(what string) { *tr = append(*tr, what) }

func (tr *trace) callback(what string) func(pending.Handle) {
	return func(pending.Handle) { tr.add(what) }
}

// P-02
func TestCallbackAddedLateRunsAtOnce(t *testing.T) {
	p := pending.New[int](never)
	p.SetResult(1)
	var got pending.Handle
	remove := p.AddDoneCallback(func(h pending.Handle) { got = h })
	require.Same(t, p, got)
	require.False(t, remove())
}

// P-02: the one who adds a callback does not pay for its panic.
func TestCallbackAddedLateThatPanicsIsLogged(t *testing.T) {
	p := pending.New[int](never)
	p.SetResult(1)
	log := stderrOf(t, func() {
		p.AddDoneCallback(func(pending.Handle) { panic("in a late callback") })
	})
	require.Contains(t, log, "in a late callback")
	require.Contains(t, log, "Pending ✓")
}

// P-03
func TestCallbackRemoved(t *testing.T) {
	p := pending.New[int](never)
	var tr trace
	removeA := p.AddDoneCallback(tr.callback("a"))
	removeB := p.AddDoneCallback(tr.callback("b"))
	removeC := p.AddDoneCallback(tr.callback("c"))
	require.True(t, removeB())
	require.False(t, removeB(), "taken back already")
	require.True(t, removeA())
	p.AddDoneCallback(tr.callback("a again"))
	p.SetError(errBoom)
	require.Equal(t, trace{"c", "a again"}, tr)
	require.False(t, removeC(), "called already")
}

// P-03: the same function added twice is two callbacks.
func TestCallbackAddedTwice(t *testing.T) {
	p := pending.New[int](never)
	calls := 0
	fn := func(pending.Handle) { calls++ }
	remove := p.AddDoneCallback(fn)
	p.AddDoneCallback(fn)
	require.True(t, remove())
	p.SetResult(1)
	require.Equal(t, 1, calls)
}

// Whichever are removed, the others run, in their order.
func TestCallbacksRemovedInAnyOrder(t *testing.T) {
	const n = 4
	for removed := range 1 << n {
		for _, backwards := range []bool{false, true} {
			t.Run(fmt.Sprintf("%04b/%v", removed, backwards), func(t *testing.T) {
				p := pending.New[int](never)
				var tr, want trace
				remove := make([]func() bool, n)
				for i := range n {
					remove[i] = p.AddDoneCallback(tr.callback(fmt.Sprint(i)))
					if removed>>i&1 == 0 {
						want.add(fmt.Sprint(i))
					}
				}
				for i := range n {
					if backwards {
						i = n - 1 - i
					}
					if removed>>i&1 == 1 {
						require.True(t, remove[i]())
					}
				}
				want.add("last")
				p.AddDoneCallback(tr.callback("last"))
				p.SetResult(1)
				require.Equal(t, want, tr)
			})
		}
	}
}

func TestNilCallback(t *testing.T) {
	p := pending.New[int](never)
	require.False(t, p.AddDoneCallback(nil)())
	p.SetResult(1)
	require.False(t, p.AddDoneCallback(nil)())
}

// A callback that is added while the callbacks run comes after those that were there, and before the
// one that ends the Pending goes on.
func TestCallbackAddedByCallback(t *testing.T) {
	p := pending.New[int](never)
	var tr trace
	p.AddDoneCallback(func(h pending.Handle) {
		tr.add("first")
		h.AddDoneCallback(func(h pending.Handle) {
			tr.add("added by first")
			h.AddDoneCallback(tr.callback("added by that"))
		})
		tr.add("first ends")
	})
	p.AddDoneCallback(tr.callback("second"))
	p.SetResult(1)
	require.Equal(t, trace{"first", "first ends", "second", "added by first", "added by that"}, tr)
	p.AddDoneCallback(tr.callback("late"))
	require.Equal(t, "late", tr[len(tr)-1])
}

func TestCallbackRemovesAnother(t *testing.T) {
	p := pending.New[int](never)
	var tr trace
	var removeOther, removeSelf func() bool
	removeSelf = p.AddDoneCallback(func(pending.Handle) {
		tr.add("remover")
		require.True(t, removeOther())
		require.False(t, removeSelf())
	})
	removeOther = p.AddDoneCallback(tr.callback("removed"))
	p.AddDoneCallback(tr.callback("other"))
	p.SetResult(1)
	require.Equal(t, trace{"remover", "other"}, tr)
}

// A callback that somebody else adds while the callbacks run is run by the goroutine that runs them.
func TestCallbackAddedDuringCompletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pending.New[int](never)
		g := newGate()
		var tr trace
		p.AddDoneCallback(func(pending.Handle) {
			g.WaitDone(never)
			tr.add("first")
		})
		go func() {
			p.SetResult(1)
			tr.add("set")
		}()
		synctest.Wait()
		require.True(t, p.IsDone())
		p.AddDoneCallback(tr.callback("second"))
		require.Empty(t, tr, "the first is still running")
		require.NoError(t, p.WaitDone(never), "a wait needs no turn: the outcome is there")
		open(g)
		synctest.Wait()
		require.Equal(t, trace{"first", "second", "set"}, tr)
	})
}

// P-10
func TestCallbackPanicIsLoggedAndTheRestRun(t *testing.T) {
	p := pending.New[int](never)
	var tr trace
	p.AddDoneCallback(func(pending.Handle) { tr.add("first"); panic("one") })
	p.AddDoneCallback(tr.callback("second"))
	p.AddDoneCallback(func(pending.Handle) { tr.add("third"); panic(errBoom) })
	p.AddDoneCallback(func(h pending.Handle) {
		tr.add("fourth")
		h.AddDoneCallback(tr.callback("fifth"))
		panic(nil)
	})
	log := stderrOf(t, func() { require.True(t, p.SetResult(1), "the setter is not told") })
	require.Equal(t, trace{"first", "second", "third", "fourth", "fifth"}, tr)
	require.Equal(t, 3, strings.Count(log, "a callback panicked"))
	require.Contains(t, log, `"one"`)
	require.Contains(t, log, "boom")
	require.Contains(t, log, "TestCallbackPanicIsLoggedAndTheRestRun", "the stack")
	requireResult(t, p, 1)
}

// However many they are, they do not use up the stack or the patience of the one that ends the Pending.
func TestManyCallbacksPanic(t *testing.T) {
	quiet(t)
	p := pending.New[int](never)
	calls := 0
	for range rounds(1000) {
		p.AddDoneCallback(func(pending.Handle) { calls++; panic("again") })
	}
	p.SetResult(1)
	require.Equal(t, rounds(1000), calls)
}

// P-10: a Goexit is carried out, after the others have run.
func TestCallbackGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pending.New[int](never)
		var tr trace
		p.AddDoneCallback(func(pending.Handle) { tr.add("first"); runtime.Goexit() })
		p.AddDoneCallback(func(pending.Handle) { tr.add("second"); runtime.Goexit() })
		p.AddDoneCallback(tr.callback("third"))
		log := stderrOf(t, func() {
			go func() {
				defer tr.add("goroutine ended")
				p.SetResult(1)
				tr.add("went on")
			}()
			synctest.Wait()
		})
		require.Equal(t, trace{"first", "second", "third", "goroutine ended"}, tr)
		require.Equal(t, 2, strings.Count(log, "runtime.Goexit"))
		requireResult(t, p, 1)
	})
}

// P-10 on a loop: neither ends it or changes the outcome, and its own log has it.
func TestCallbackMisbehavesOnALoop(t *testing.T) {
	misdeeds := map[string]func(pending.Handle){
		"panicked": func(pending.Handle) { panic("in a callback") },
		"Goexit":   func(pending.Handle) { runtime.Goexit() },
	}
	for name, misdeed := range misdeeds {
		bubble(t, "P-10/"+name, func(t *testing.T) {
			var log logBuffer
			l := running(t, withLog(&log), loop.WithName("victim"))
			var tr trace
			g := newGate()
			p := pending.Submit(never, l, 0, through(g, 1))
			p.AddDoneCallback(misdeed)
			p.AddDoneCallback(tr.callback("other"))
			open(g)
			synctest.Wait()
			requireResult(t, p, 1)
			require.Equal(t, trace{"other"}, tr)
			require.Contains(t, log.String(), name)
			require.Contains(t, log.String(), "victim")

			next := pending.Submit(never, l, 0, constant(2))
			synctest.Wait()
			requireResult(t, next, 2)
		})
	}
}

// Callbacks run where the Pending is ended: on the loop's thread for a call that has run there.
func TestCallbackRunsOnTheEndingGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		g := newGate()
		onThread := map[string]bool{}
		note := func(name string) func(pending.Handle) {
			return func(pending.Handle) { onThread[name] = l.OnThread() }
		}
		finished := pending.Submit(never, l, 0, through(g, 1))
		finished.AddDoneCallback(note("finished"))
		delayed := pending.Submit(never, l, hour, constant(1))
		delayed.AddDoneCallback(note("cancelled from outside"))
		open(g)
		synctest.Wait()
		delayed.Cancel("")
		synctest.Wait()
		require.Equal(t, map[string]bool{"finished": true, "cancelled from outside": false}, onThread)
	})
}

// A callback may do what any function on the thread may do, also wait.
func TestCallbackWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		start, g := newGate(), newGate()
		var tr trace
		p := pending.Submit(never, l, 0, through(start, 1))
		p.AddDoneCallback(func(pending.Handle) {
			tr.add("waits")
			g.WaitDone(never)
			tr.add("goes on")
		})
		open(start)
		synctest.Wait()
		other := pending.Submit(never, l, 0, func(context.Context) (int, error) { tr.add("other"); return 2, nil })
		synctest.Wait()
		requireResult(t, other, 2)
		open(g)
		synctest.Wait()
		require.Equal(t, trace{"waits", "other", "goes on"}, tr)
	})
}

// Waiters and callbacks are served in the order in which they came.
func TestWaitersAndCallbacksInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := manual(t)
		p := pending.New[int](never)
		var tr trace
		wait := func(name string) {
			pending.Submit(never, l, 0, func(context.Context) (int, error) {
				err := p.WaitDone(never)
				tr.add(name)
				return 0, err
			})
			drive(l)
		}
		wait("waiter 1")
		p.AddDoneCallback(tr.callback("callback 1"))
		wait("waiter 2")
		p.AddDoneCallback(tr.callback("callback 2"))
		p.SetResult(1)
		require.Equal(t, trace{"callback 1", "callback 2"}, tr)
		drive(l)
		require.Equal(t, trace{"callback 1", "callback 2", "waiter 1", "waiter 2"}, tr)
	})
}
