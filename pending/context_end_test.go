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
