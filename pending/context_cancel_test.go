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
