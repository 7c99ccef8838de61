package pending_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

type contextKey struct{}

// starters are the two ways to start a call. They share all that is said of a call's context.
var starters = map[string]func(context.Context, *loop.Loop, func(context.Context) (int, error)) *pending.Pending[int]{
	"Submit": func(ctx context.Context, l *loop.Loop, fn func(context.Context) (int, error)) *pending.Pending[int] {
		return pending.Submit(ctx, l, 0, fn)
	},
	"Go": func(ctx context.Context, _ *loop.Loop, fn func(context.Context) (int, error)) *pending.Pending[int] {
		return pending.Go(ctx, fn)
	},
}

func TestContextHasTheValuesAndDeadlineOfItsParent(t *testing.T) {
	for name, start := range starters {
		bubble(t, name, func(t *testing.T) {
			l := running(t)
			ctx, cancel := context.WithTimeout(context.WithValue(never, contextKey{}, "value"), hour)
			defer cancel()
			want, _ := ctx.Deadline()
			var child *pending.Pending[int]
			look := func(ctx context.Context) {
				deadline, ok := ctx.Deadline()
				check(t, ctx.Value(contextKey{}) == "value", "the value")
				check(t, ok && deadline.Equal(want), "the deadline")
			}
			p := start(ctx, l, func(ctx context.Context) (int, error) {
				look(ctx)
				child = start(ctx, l, func(ctx context.Context) (int, error) { look(ctx); return 2, nil })
				return 1, nil
			})
			synctest.Wait()
			requireResult(t, p, 1)
			requireResult(t, child, 2)
			look(p.Context())
		})
	}
}

func TestContextWithoutDeadline(t *testing.T) {
	l := manual(t)
	p := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
		_, ok := ctx.Deadline()
		require.False(t, ok)
		return 1, nil
	})
	drive(l)
	requireResult(t, p, 1)
}

func TestContextKnowsItsCall(t *testing.T) {
	require.Nil(t, pending.Current(never))
	for name, start := range starters {
		bubble(t, name, func(t *testing.T) {
			l := running(t)
			var inCall, inChild, inDerived pending.Handle
			var child *pending.Pending[int]
			p := start(never, l, func(ctx context.Context) (int, error) {
				inCall = pending.Current(ctx)
				inDerived = pending.Current(context.WithValue(ctx, contextKey{}, 1))
				child = start(ctx, l, func(ctx context.Context) (int, error) {
					inChild = pending.Current(ctx)
					return 2, nil
				})
				return 1, nil
			})
			synctest.Wait()
			require.Same(t, p, inCall)
			require.Same(t, p, inDerived)
			require.Same(t, child, inChild)
			require.Same(t, p, pending.Current(p.Context()))
		})
	}
}

// A call on a goroutine belongs to the loop of the call that has started it, whether it was given that
// call's very context or one made from it.
func TestContextKnowsItsLoop(t *testing.T) {
	wraps := map[string]func(context.Context) context.Context{
		"the context itself":   func(ctx context.Context) context.Context { return ctx },
		"one made from it":     func(ctx context.Context) context.Context { return context.WithValue(ctx, contextKey{}, 1) },
		"one without its ends": context.WithoutCancel,
	}
	for wrap, wrapped := range wraps {
		for name, start := range starters {
			bubble(t, name+"/"+wrap, func(t *testing.T) {
				l := running(t)
				var found, foundInChild *loop.Loop
				pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
					found = loop.Current(ctx)
					start(wrapped(ctx), l, func(ctx context.Context) (int, error) {
						foundInChild = loop.Current(ctx)
						return 2, nil
					})
					return 1, nil
				})
				synctest.Wait()
				require.Same(t, l, found)
				require.Same(t, l, foundInChild)
			})
		}
	}
}

// family is a call under the context of another, which was started under a context of the test's.
type family struct {
	loop          *loop.Loop
	outer         context.CancelCauseFunc
	parent, child *pending.Pending[int]
}

// ways are the ways in which the context of the child can come to its end.
var ways = []struct {
	name string
	end  func(f *family)
}{
	{"the call is cancelled", func(f *family) { f.child.Cancel("") }},
	{"the call above is cancelled", func(f *family) { f.parent.Cancel("") }},
	{"the context above that ends", func(f *family) { f.outer(errBoom) }},
	{"the deadline passes", func(*family) { time.Sleep(hour) }},
	{"the loop stops", func(f *family) { f.loop.Stop() }},
}

// looks are the ways in which one can learn of it. Each is begun with the context, and tells later
// whether that has ended.
var looks = []struct {
	name  string
	begin func(t *testing.T, ctx context.Context) (ended func() bool)
}{
	{"Err", func(t *testing.T, ctx context.Context) func() bool {
		return func() bool { return ctx.Err() != nil }
	}},
	{"Done asked for early", func(t *testing.T, ctx context.Context) func() bool {
		done := ctx.Done()
		return func() bool { return closed(done) }
	}},
	{"Done asked for late", func(t *testing.T, ctx context.Context) func() bool {
		return func() bool {
			done := ctx.Done()
			synctest.Wait()
			return closed(done)
		}
	}},
	{"AfterFunc", func(t *testing.T, ctx context.Context) func() bool {
		ended := make(chan struct{})
		context.AfterFunc(ctx, func() { close(ended) })
		return func() bool { return closed(ended) }
	}},
	{"a context made from it", func(t *testing.T, ctx context.Context) func() bool {
		ctx, cancel := context.WithCancel(ctx)
		t.Cleanup(cancel)
		return func() bool { return ctx.Err() != nil }
	}},
	{"a call under it", func(t *testing.T, ctx context.Context) func() bool {
		p := pending.Go(ctx, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		})
		t.Cleanup(func() { p.Cancel("") })
		return p.IsDone
	}},
}

// Whatever ends the context of a running call, everybody who looks at it sees that, while the function
// runs and ever after.
func TestContextEnds(t *testing.T) {
	for starter, start := range starters {
		for _, way := range ways {
			for _, look := range looks {
				bubble(t, starter+"/"+way.name+"/"+look.name, func(t *testing.T) {
					f := &family{loop: running(t)}
					var ctx context.Context
					ctx, f.outer = context.WithCancelCause(never)
					defer f.outer(nil)
					ctx, cancel := context.WithTimeout(ctx, hour)
					defer cancel()
					g := newGate()
					defer open(g)
					// Both calls stay until the gate opens or the loop stops. The parent is
					// looked at as well: it must not end with its child.
					stay := func() { g.WaitDone(never, pending.Protect()) }
					var ended func() bool
					f.parent = pending.Submit(ctx, f.loop, 0, func(ctx context.Context) (int, error) {
						f.child = start(ctx, f.loop, func(ctx context.Context) (int, error) {
							ended = look.begin(t, ctx)
							stay()
							return 0, nil
						})
						stay()
						return 0, nil
					})
					synctest.Wait()
					require.False(t, ended())

					way.end(f)
					synctest.Wait()
					require.True(t, ended(), "before the function has returned, unless the loop has stopped")
					if way.name == "the call is cancelled" {
						require.NoError(t, f.parent.Context().Err(), "the end does not go up")
					}

					open(g)
					synctest.Wait()
					require.True(t, f.child.IsDone())
					require.True(t, ended(), "when the function has returned")
				})
			}
		}
	}
}

// A context's end is one event: with Err the channel is closed, whoever asked for it when. The standard
// library promises that for its own contexts since Go 1.25.
func TestContextErrAndDoneAgree(t *testing.T) {
	for starter, start := range starters {
		bubble(t, starter, func(t *testing.T) {
			l := running(t)
			outer, cancel := context.WithCancel(never)
			early, late := false, false
			p := start(outer, l, func(ctx context.Context) (int, error) {
				cancel()
				for ctx.Err() == nil {
				}
				early = closed(ctx.Done())
				return 0, nil
			})
			synctest.Wait()
			late = closed(p.Context().Done())
			require.True(t, late)
			require.True(t, early)
		})
	}
}

func TestContextCause(t *testing.T) {
	for starter, start := range starters {
		for _, derived := range []bool{false, true} {
			name := map[bool]string{false: "/the context itself", true: "/one made from it"}[derived]
			bubble(t, starter+name, func(t *testing.T) {
				l := running(t)
				outer, cancel := context.WithCancelCause(never)
				g := newGate()
				var cause error
				start(outer, l, func(ctx context.Context) (int, error) {
					if derived {
						var stop context.CancelFunc
						ctx, stop = context.WithCancel(ctx)
						defer stop()
					}
					g.WaitDone(never)
					cause = context.Cause(ctx)
					return 0, nil
				})
				synctest.Wait()
				cancel(errBoom)
				synctest.Wait()
				open(g)
				synctest.Wait()
				require.ErrorIs(t, cause, errBoom)
			})
		}
	}
}

// The context does not end when the function returns: what it has started goes on. But it still ends
// with the context that the call was started under.
func TestContextOutlivesTheFunction(t *testing.T) {
	for starter, start := range starters {
		for _, look := range looks {
			for _, early := range []bool{true, false} {
				when := map[bool]string{true: "/looking from the beginning", false: "/looking afterwards"}[early]
				bubble(t, starter+"/"+look.name+when, func(t *testing.T) {
					l := running(t)
					outer, cancel := context.WithCancel(never)
					defer cancel()
					var kept context.Context
					var ended func() bool
					p := start(outer, l, func(ctx context.Context) (int, error) {
						kept = ctx
						if early {
							ended = look.begin(t, ctx)
						}
						return 1, nil
					})
					synctest.Wait()
					requireResult(t, p, 1)
					if !early {
						ended = look.begin(t, kept)
					}
					synctest.Wait()
					require.False(t, ended(), "the function has returned")
					require.False(t, p.Cancel("late"))
					require.False(t, ended(), "cancelling what is over changes nothing")

					cancel()
					synctest.Wait()
					require.True(t, ended())
				})
			}
		}
	}
}

// What a call has started and left behind is not ended by the loop's stopping, which is of concern to
// calls alone.
func TestContextOutlivesTheLoop(t *testing.T) {
	for _, look := range looks {
		bubble(t, look.name, func(t *testing.T) {
			l := running(t)
			outer, cancel := context.WithCancel(never)
			defer cancel()
			var ended func() bool
			pending.Submit(outer, l, 0, func(ctx context.Context) (int, error) {
				ended = look.begin(t, ctx)
				return 1, nil
			})
			synctest.Wait()
			l.Stop()
			<-l.Done()
			synctest.Wait()
			require.False(t, ended())
			cancel()
			synctest.Wait()
			require.True(t, ended())
		})
	}
}

// An AfterFunc taken back is not run.
func TestContextAfterFuncStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		var stop func() bool
		g := newGate()
		p := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
			stop = context.AfterFunc(ctx, func() { t.Error("called") })
			return 0, g.WaitDone(ctx)
		})
		synctest.Wait()
		require.True(t, stop())
		require.False(t, stop())
		p.Cancel("")
		synctest.Wait()
		requireCancelled(t, p)
	})
}

// watchers are those for whose sake the end of the context has to reach a queued call at once.
var watchers = map[string]func(p *pending.Pending[int]){
	"AddDoneCallback":  func(p *pending.Pending[int]) { p.AddDoneCallback(func(pending.Handle) {}) },
	"Done":             func(p *pending.Pending[int]) { p.Done() },
	"a wait":           func(p *pending.Pending[int]) { go p.WaitDone(never) },
	"a shielded wait":  func(p *pending.Pending[int]) { go p.WaitDone(p.Context(), pending.Shield()) },
	"a protected wait": func(p *pending.Pending[int]) { go p.WaitDone(never, pending.Protect()) },
	"a tracker":        func(p *pending.Pending[int]) { pending.NewManager().Add(p) },
}

// above are the contexts that a queued call can end with.
var above = map[string]func(t *testing.T, l *loop.Loop) (ctx context.Context, end func()){
	"context": func(t *testing.T, _ *loop.Loop) (context.Context, func()) {
		ctx, cancel := context.WithCancelCause(never)
		return ctx, func() { cancel(errBoom) }
	},
	"another call": func(t *testing.T, l *loop.Loop) (context.Context, func()) {
		g := newGate()
		p := pending.Submit(never, l, 0, func(context.Context) (int, error) { return 0, g.WaitDone(never) })
		drive(l)
		t.Cleanup(func() { open(g); drive(l) })
		return p.Context(), func() { p.Cancel("") }
	},
	"a context made from another call's": func(t *testing.T, l *loop.Loop) (context.Context, func()) {
		g := newGate()
		p := pending.Submit(never, l, 0, func(context.Context) (int, error) { return 0, g.WaitDone(never) })
		drive(l)
		t.Cleanup(func() { open(g); drive(l) })
		return context.WithValue(p.Context(), contextKey{}, 1), func() { p.Cancel("") }
	},
}

func TestEndOfContextCancelsQueuedCall(t *testing.T) {
	for name, make := range above {
		for kind, delay := range map[string]time.Duration{"queued": 0, "delayed": second} {
			for watcher, watch := range watchers {
				bubble(t, name+"/"+kind+"/"+watcher, func(t *testing.T) {
					l := manual(t)
					ctx, end := make(t, l)
					p := pending.Submit(ctx, l, delay, neverRun(t))
					watch(p)
					synctest.Wait()
					requireOpen(t, p)
					end()
					synctest.Wait()
					requireCancelled(t, p) // and the loop has not run
					time.Sleep(delay)
					drive(l)
				})
			}
			bubble(t, name+"/"+kind+"/nobody watches", func(t *testing.T) {
				l := manual(t)
				ctx, end := make(t, l)
				p := pending.Submit(ctx, l, delay, neverRun(t))
				end()
				time.Sleep(delay)
				drive(l)
				requireCancelled(t, p)
			})
		}
		bubble(t, name+"/ended before", func(t *testing.T) {
			l := manual(t)
			ctx, end := make(t, l)
			end()
			p := pending.Submit(ctx, l, 0, neverRun(t))
			drive(l)
			requireCancelled(t, p)
		})
	}
}

func neverRun(t *testing.T) func(context.Context) (int, error) {
	return func(context.Context) (int, error) {
		t.Error("the function ran")
		return 0, nil
	}
}

// Why a context has ended is to be found in what it cancels, whether somebody watched or not.
func TestEndOfContextGivesTheCause(t *testing.T) {
	for name, watched := range map[string]bool{"watched": true, "not watched": false} {
		bubble(t, name, func(t *testing.T) {
			l := manual(t)
			ctx, cancel := context.WithCancelCause(never)
			p := pending.Submit(ctx, l, 0, neverRun(t))
			if watched {
				p.Done()
			}
			cancel(errBoom)
			synctest.Wait()
			drive(l)
			requireCancelled(t, p)
			require.ErrorIs(t, p.Err(), errBoom)
		})
	}
	bubble(t, "deadline", func(t *testing.T) {
		l := manual(t)
		ctx, cancel := context.WithTimeout(never, second)
		defer cancel()
		p := pending.Submit(ctx, l, 0, neverRun(t))
		sleepUntilIdle(second)
		drive(l)
		requireCancelled(t, p)
		require.ErrorIs(t, p.Err(), context.DeadlineExceeded)
	})
}

// A function that ends because its context has ended was cancelled, whatever ended that. One that ends
// well has its result.
func TestCallEndsBecauseItsContextHas(t *testing.T) {
	for starter, start := range starters {
		for _, way := range ways {
			for _, well := range []bool{false, true} {
				name := map[bool]string{false: "/with the context's error", true: "/with a result"}[well]
				bubble(t, starter+"/"+way.name+name, func(t *testing.T) {
					f := &family{loop: running(t)}
					var ctx context.Context
					ctx, f.outer = context.WithCancelCause(never)
					defer f.outer(nil)
					ctx, cancel := context.WithTimeout(ctx, hour)
					defer cancel()
					g := newGate()
					defer open(g)
					f.parent = pending.Submit(ctx, f.loop, 0, func(ctx context.Context) (int, error) {
						f.child = start(ctx, f.loop, func(ctx context.Context) (int, error) {
							g.WaitDone(ctx, pending.Protect())
							if well {
								return 1, nil
							}
							return 0, ctx.Err()
						})
						g.WaitDone(never, pending.Protect())
						return 0, nil
					})
					synctest.Wait()
					way.end(f)
					synctest.Wait()
					open(g)
					synctest.Wait()
					if well && way.name != "the call is cancelled" {
						requireResult(t, f.child, 1)
						return
					}
					requireCancelled(t, f.child)
				})
			}
		}
	}
}

// An error that merely looks like the end of a context is one like any other.
func TestCallEndsWithForeignContextError(t *testing.T) {
	for _, err := range []error{context.Canceled, context.DeadlineExceeded, loop.ErrStopped} {
		for starter, start := range starters {
			bubble(t, starter+"/"+err.Error(), func(t *testing.T) {
				p := start(never, running(t), func(context.Context) (int, error) { return 0, err })
				synctest.Wait()
				require.Equal(t, err, p.Err())
				require.False(t, p.Cancelled())
			})
		}
	}
}

// A wait in a call, under any context made from the call's, ends with that.
func TestWaitInACallEndsWithTheCall(t *testing.T) {
	wraps := map[string]func(context.Context) (context.Context, context.CancelFunc){
		"the context itself": func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} },
		"WithValue": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithValue(ctx, contextKey{}, 1), func() {}
		},
		"WithCancel": context.WithCancel,
		"WithTimeout": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 2*hour)
		},
	}
	for wrap, wrapped := range wraps {
		for starter, start := range starters {
			for _, way := range ways {
				bubble(t, starter+"/"+wrap+"/"+way.name, func(t *testing.T) {
					f := &family{loop: running(t)}
					var ctx context.Context
					ctx, f.outer = context.WithCancelCause(never)
					defer f.outer(nil)
					ctx, cancel := context.WithTimeout(ctx, hour)
					defer cancel()
					g := newGate()
					defer open(g)
					var err error
					f.parent = pending.Submit(ctx, f.loop, 0, func(ctx context.Context) (int, error) {
						f.child = start(ctx, f.loop, func(ctx context.Context) (int, error) {
							ctx, cancel := wrapped(ctx)
							defer cancel()
							err = newGate().WaitDone(ctx)
							return 0, err
						})
						return 0, g.WaitDone(never)
					})
					synctest.Wait()
					requireOpen(t, f.child)
					way.end(f)
					synctest.Wait()
					require.Error(t, err)
					requireCancelled(t, f.child)
				})
			}
		}
	}
}
