package pending_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// payload is what a test watches being collected. It is too large for the allocator to put several into
// one block, where one that is alive would keep the others.
type payload struct{ _ [64]byte }

// requireGone asserts that the garbage collector finds w's object within a few rounds.
func requireGone(t *testing.T, w weak.Pointer[payload], what string) {
	t.Helper()
	require.True(t, isGone(w), "%s is kept alive", what)
}

func isGone(w weak.Pointer[payload]) bool {
	for range 20 {
		runtime.GC()
		if w.Value() == nil {
			return true
		}
		runtime.Gosched() // lets clean-ups run
	}
	return false
}

// requireKept makes sure that a test of requireGone can fail: the object is there as long as it should.
func requireKept(t *testing.T, w weak.Pointer[payload], what string) {
	t.Helper()
	runtime.GC()
	require.NotNil(t, w.Value(), "%s is gone too early", what)
}

// P-25: with the last reference everything goes that a Pending had.
func TestPendingIsCollected(t *testing.T) {
	ends := map[string]func(*pending.Pending[*payload]){
		"not done":  func(*pending.Pending[*payload]) {},
		"result":    func(p *pending.Pending[*payload]) { p.SetResult(new(payload)) },
		"error":     func(p *pending.Pending[*payload]) { p.SetError(errBoom) },
		"cancelled": func(p *pending.Pending[*payload]) { p.Cancel("") },
	}
	for name, end := range ends {
		t.Run("P-25/"+name, func(t *testing.T) {
			metadata, callback, canceller := new(payload), new(payload), new(payload)
			w := []weak.Pointer[payload]{weak.Make(metadata), weak.Make(callback), weak.Make(canceller)}
			p := pending.New[*payload](never, pending.WithMetadata("payload", metadata))
			p.AddDoneCallback(func(pending.Handle) { runtime.KeepAlive(callback) })
			p.AddDoneCallback(func(pending.Handle) { runtime.KeepAlive(callback) })
			p.SetCanceller(func(string) { p.SetError(errOther); runtime.KeepAlive(canceller) })
			end(p)
			requireKept(t, w[0], "the metadata")
			runtime.KeepAlive(p)
			for i, what := range []string{"the metadata", "a callback", "the canceller"} {
				requireGone(t, w[i], what)
			}
		})
	}
}

// A Pending that somebody keeps for its outcome keeps nothing that was needed until then.
func TestDonePendingKeepsItsOutcomeOnly(t *testing.T) {
	value, callback, second, removed, canceller := new(payload), new(payload), new(payload), new(payload), new(payload)
	w := map[string]weak.Pointer[payload]{
		"the first callback": weak.Make(callback), "the second callback": weak.Make(second),
		"a removed callback": weak.Make(removed), "the canceller": weak.Make(canceller),
	}
	outcome := weak.Make(value)
	p := pending.New[*payload](never)
	p.SetCanceller(func(string) { runtime.KeepAlive(canceller) })
	p.AddDoneCallback(func(pending.Handle) { runtime.KeepAlive(callback) })
	remove := p.AddDoneCallback(func(pending.Handle) { runtime.KeepAlive(removed) })
	p.AddDoneCallback(func(pending.Handle) { runtime.KeepAlive(second) })
	remove()
	p.SetResult(value)
	value = nil
	for what, w := range w {
		if !isGone(w) {
			t.Errorf("%s is kept alive", what)
		}
	}
	requireKept(t, outcome, "the result")
	runtime.KeepAlive(remove)
	runtime.KeepAlive(p)
}

// P-25 for calls: the function goes when it can no longer be called, and not only with the Pending.
func TestFunctionIsCollected(t *testing.T) {
	submit := func(ctx context.Context, l *loop.Loop, delayed bool, g *gate) (*pending.Pending[int], weak.Pointer[payload]) {
		captured := new(payload)
		d := hour
		if !delayed {
			d = 0
		}
		p := pending.Submit(ctx, l, d, func(ctx context.Context) (int, error) {
			err := g.WaitDone(ctx)
			runtime.KeepAlive(captured)
			return 0, err
		})
		return p, weak.Make(captured)
	}
	bubble(t, "P-25/finished", func(t *testing.T) {
		l := manual(t)
		g := newGate()
		p, w := submit(never, l, false, g)
		drive(l)
		requireKept(t, w, "the function")
		open(g)
		drive(l)
		requireGone(t, w, "the function")
		requireResult(t, p, 0)
	})
	bubble(t, "P-25/cancelled in the queue", func(t *testing.T) {
		l := manual(t)
		p, w := submit(never, l, false, newGate())
		requireKept(t, w, "the function")
		p.Cancel("")
		requireGone(t, w, "the function") // although the loop has not got to it
		runtime.KeepAlive(p)
	})
	bubble(t, "P-25/cancelled long before its time", func(t *testing.T) {
		l := manual(t)
		p, w := submit(never, l, true, newGate())
		requireKept(t, w, "the function")
		p.Cancel("")
		requireGone(t, w, "the function")
		runtime.KeepAlive(p)
	})
	bubble(t, "P-25/refused", func(t *testing.T) {
		l := loop.New()
		l.Stop()
		p, w := submit(never, l, false, newGate())
		requireGone(t, w, "the function")
		runtime.KeepAlive(p)
	})
	bubble(t, "P-25/dropped by the loop", func(t *testing.T) {
		l := manual(t)
		p, w := submit(never, l, false, newGate())
		l.Stop()
		requireGone(t, w, "the function")
		runtime.KeepAlive(p)
	})
}

// P-25: what lives longer, the loop and the context that the call was started under, does not keep a
// call that is over, however that context was used.
func TestFinishedCallIsCollected(t *testing.T) {
	for starter, start := range starters {
		for use, used := range map[string]func(ctx context.Context){
			"not used":  func(context.Context) {},
			"Done":      func(ctx context.Context) { ctx.Done() },
			"AfterFunc": func(ctx context.Context) { context.AfterFunc(ctx, func() {})() },
			"WithCancel": func(ctx context.Context) {
				_, cancel := context.WithCancel(ctx)
				cancel()
			},
		} {
			for watcher, watch := range watchers {
				bubble(t, starter+"/"+use+"/"+watcher, func(t *testing.T) {
					l := running(t)
					ctx, cancel := context.WithCancel(never)
					defer cancel()
					g := newGate()
					var w weak.Pointer[payload]
					parent := pending.Submit(ctx, l, 0, func(ctx context.Context) (int, error) {
						p := start(ctx, l, func(ctx context.Context) (int, error) {
							kept := new(payload)
							w = weak.Make(kept)
							// The cycle makes sure that it goes with the Pending.
							pending.Current(ctx).AddDoneCallback(func(pending.Handle) { runtime.KeepAlive(kept) })
							used(ctx)
							return 0, nil
						})
						watch(p)
						return 0, g.WaitDone(ctx)
					})
					synctest.Wait()
					requireGone(t, w, "the finished call")
					open(g)
					synctest.Wait()
					require.True(t, parent.IsDone())
				})
			}
		}
	}
}

// Calls that start their successors under their own contexts, as a periodic one does, are not a chain
// that grows for as long as the program runs.
func TestCallsThatStartTheirSuccessor(t *testing.T) {
	for use, used := range map[string]func(ctx context.Context){
		"context not used": func(context.Context) {},
		"Done asked for":   func(ctx context.Context) { ctx.Done() },
		"AfterFunc":        func(ctx context.Context) { context.AfterFunc(ctx, func() {})() },
	} {
		for kind, delay := range map[string]time.Duration{"at once": 0, "delayed": second} {
			bubble(t, use+"/"+kind, func(t *testing.T) {
				l := running(t)
				ctx, cancel := context.WithCancel(never)
				defer cancel()
				n := rounds(1000)
				ws := make([]weak.Pointer[payload], 0, n)
				var again func(ctx context.Context) (int, error)
				schedule := func(ctx context.Context) {
					kept := new(payload)
					ws = append(ws, weak.Make(kept))
					p := pending.Submit(ctx, l, delay, again, pending.WithMetadata("kept", kept))
					p.AddDoneCallback(func(pending.Handle) {})
				}
				again = func(ctx context.Context) (int, error) {
					used(ctx)
					if len(ws) == n {
						_ = newGate().WaitDone(ctx)
						return 0, nil
					}
					schedule(ctx)
					return 0, nil
				}
				schedule(ctx)
				sleepUntilIdle(hour)
				require.Len(t, ws, n)
				kept := n
				for range 20 { // each collection frees what the clean-ups of the last have let go
					runtime.GC()
					runtime.Gosched()
					kept = 0
					for _, w := range ws {
						if w.Value() != nil {
							kept++
						}
					}
				}
				require.Less(t, kept, 10, "of %d calls", n)
			})
		}
	}
}

// A context that lives long, and under which many calls come and go, does not collect what they have
// registered with it.
func TestLongLivedContext(t *testing.T) {
	for starter, start := range starters {
		for use, used := range map[string]func(ctx context.Context){
			"watched from outside": func(context.Context) {},
			"Done asked for":       func(ctx context.Context) { ctx.Done() },
		} {
			bubble(t, starter+"/"+use, func(t *testing.T) {
				l := running(t)
				counting := &countingContext{Context: never, done: make(chan struct{})}
				total := 0
				for range 100 {
					p := start(counting, l, func(ctx context.Context) (int, error) {
						used(ctx)
						return 1, nil
					})
					p.Done()
					synctest.Wait()
					requireResult(t, p, 1)
					total++
				}
				require.NotZero(t, counting.total.Load(), "the test counts nothing")
				for range 20 {
					if counting.registered.Load() == 0 {
						return
					}
					runtime.GC()
					runtime.Gosched()
				}
				require.LessOrEqual(t, counting.registered.Load(), int64(1), "still registered, of %d", total)
			})
		}
	}
}

// countingContext counts the functions that wait for its end.
type countingContext struct {
	context.Context
	done              chan struct{}
	registered, total atomic.Int64
}

func (c *countingContext) Done() <-chan struct{} { return c.done }

func (c *countingContext) AfterFunc(func()) func() bool {
	c.registered.Add(1)
	c.total.Add(1)
	return sync.OnceValue(func() bool {
		c.registered.Add(-1)
		return true
	})
}

// A Handle of another make that is done is not kept, whether it was so before or has become so.
func TestManagerForgetsOtherHandles(t *testing.T) {
	type foreign struct{ pending.Handle }
	m := pending.NewManager()
	hold := func(p *pending.Pending[int]) weak.Pointer[foreign] {
		h := &foreign{p}
		m.Add(h)
		return weak.Make(h)
	}
	early, late := pending.New[int](never), pending.New[int](never)
	early.SetResult(1)
	for _, held := range []weak.Pointer[foreign]{hold(early), hold(late)} {
		late.SetResult(1)
		for held.Value() != nil {
			runtime.GC()
		}
	}
	require.Empty(t, m.Pending())
	runtime.KeepAlive(m)
}
