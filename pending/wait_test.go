package pending_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// places are where one can wait: what they do is the same. Each calls wait there and returns at once.
var places = map[string]func(t *testing.T, wait func(ctx context.Context)){
	"goroutine": func(_ *testing.T, wait func(context.Context)) { go wait(never) },
	"call": func(t *testing.T, wait func(context.Context)) {
		pending.Submit(never, running(t), 0, func(ctx context.Context) (int, error) { wait(ctx); return 0, nil })
	},
	"posted function": func(t *testing.T, wait func(context.Context)) {
		require.NoError(t, running(t).Post(func() { wait(never) }))
	},
	"call on a goroutine": func(_ *testing.T, wait func(context.Context)) {
		pending.Go(never, func(ctx context.Context) (int, error) { wait(ctx); return 0, nil })
	},
}

// everywhere runs the test for each place in a bubble of its own.
func everywhere(t *testing.T, name string, test func(t *testing.T, at func(wait func(ctx context.Context)))) {
	for place, at := range places {
		bubble(t, name+"/"+place, func(t *testing.T) {
			test(t, func(wait func(context.Context)) { at(t, wait); synctest.Wait() })
		})
	}
}

// P-12, P-15, P-19: whoever waits gets the outcome, as often as he likes.
func TestWaitGetsTheOutcome(t *testing.T) {
	ends := map[string]func(p *pending.Pending[int]){
		"result":    func(p *pending.Pending[int]) { p.SetResult(42) },
		"error":     func(p *pending.Pending[int]) { p.SetError(errBoom) },
		"cancelled": func(p *pending.Pending[int]) { p.Cancel("") },
	}
	for name, end := range ends {
		everywhere(t, "P-12/"+name, func(t *testing.T, at func(func(context.Context))) {
			p := pending.New[int](never)
			over := false
			var v, again int
			var err, errAgain, errDone, errDoneAgain error
			at(func(ctx context.Context) {
				errDone = p.WaitDone(ctx)
				v, err = p.Wait(ctx)
				again, errAgain = p.Wait(ctx)
				errDoneAgain = p.WaitDone(ctx)
				over = true
			})
			require.False(t, over)
			end(p)
			synctest.Wait()
			require.True(t, over)
			wantV, wantErr := p.Result()
			require.Equal(t, wantV, v)
			require.Equal(t, wantErr, err)
			require.Equal(t, v, again)
			require.Equal(t, err, errAgain)
			require.NoError(t, errDone, "P-15: how it ended is not the business of WaitDone")
			require.NoError(t, errDoneAgain)
		})
	}
}

// P-14: a wait that is given up takes what it waited for with it, and so everybody else who waits.
func TestWaitGivenUpCancels(t *testing.T) {
	everywhere(t, "P-14", func(t *testing.T, at func(func(context.Context))) {
		p := pending.New[int](never)
		var other error
		go func() { _, other = p.Wait(never) }()
		var err error
		at(func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(ctx, second)
			defer cancel()
			_, err = p.Wait(ctx)
		})
		requireOpen(t, p)
		sleepUntilIdle(second)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, pending.ErrCancelled, "it is the wait's error, not the outcome")
		requireCancelled(t, p)
		require.ErrorIs(t, other, pending.ErrCancelled)
		require.ErrorIs(t, p.Err(), context.DeadlineExceeded, "why")
	})
}

// P-13
func TestWaitGivenUpProtected(t *testing.T) {
	everywhere(t, "P-13", func(t *testing.T, at func(func(context.Context))) {
		p := pending.New[int](never)
		var err error
		at(func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(ctx, second)
			defer cancel()
			_, err = p.Wait(ctx, pending.Protect())
		})
		sleepUntilIdle(second)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		requireOpen(t, p)
		require.False(t, p.Cancelled())
		require.True(t, p.SetResult(1))
	})
}

// P-13, K-04: with a context that has ended a wait is an instant check.
func TestWaitWithEndedContext(t *testing.T) {
	everywhere(t, "P-13", func(t *testing.T, at func(func(context.Context))) {
		finished, protected, lost := pending.New[int](never), pending.New[int](never), pending.New[int](never)
		finished.SetResult(7)
		over := false
		at(func(ctx context.Context) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			v, err := finished.Wait(ctx)
			check(t, err == nil && v == 7, "what is done is done")
			_, err = protected.Wait(ctx, pending.Protect())
			check(t, err == context.Canceled, "protected")
			err = lost.WaitDone(ctx)
			check(t, err == context.Canceled, "not protected")
			over = true
		})
		require.True(t, over)
		requireOpen(t, protected)
		requireCancelled(t, lost)
	})
}

// P-16
func TestWaitShielded(t *testing.T) {
	everywhere(t, "P-16", func(t *testing.T, at func(func(context.Context))) {
		p := pending.New[int](never)
		var v int
		var err error
		over := false
		at(func(ctx context.Context) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			v, err = p.Wait(ctx, pending.Shield())
			over = true
		})
		require.False(t, over)
		p.SetResult(3)
		synctest.Wait()
		require.NoError(t, err)
		require.Equal(t, 3, v)
	})
}

// P-16: the shield is the wait's. The call that waits is cancelled all the same.
func TestShieldedWaiterIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t)
		p := pending.New[int](never)
		var got int
		waiter := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
			got, _ = p.Wait(ctx, pending.Shield())
			return got, ctx.Err()
		})
		synctest.Wait()
		waiter.Cancel("")
		synctest.Wait()
		requireOpen(t, waiter)
		requireOpen(t, p)
		p.SetResult(5)
		synctest.Wait()
		require.Equal(t, 5, got)
		requireCancelled(t, waiter)
	})
}

// P-21: cancelling the one that waits cancels what it waits for, along the whole line.
func TestCancelledWaiterCancels(t *testing.T) {
	bubble(t, "P-21/calls on one loop", func(t *testing.T) {
		l := running(t)
		var second, third *pending.Pending[int]
		first := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
			second = pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
				third = pending.Submit(never, l, 0, through(newGate(), 3))
				return third.Wait(ctx)
			})
			return second.Wait(ctx)
		})
		synctest.Wait()
		first.Cancel("enough")
		synctest.Wait()
		requireCancelled(t, first)
		requireCancelled(t, second)
		requireCancelled(t, third)
	})
	bubble(t, "P-21/calls on two loops", func(t *testing.T) {
		other := running(t)
		var second *pending.Pending[int]
		first := pending.Submit(never, running(t), 0, func(ctx context.Context) (int, error) {
			second = pending.Submit(never, other, 0, through(newGate(), 2))
			return second.Wait(ctx)
		})
		synctest.Wait()
		first.Cancel("enough")
		synctest.Wait()
		requireCancelled(t, first)
		requireCancelled(t, second)
	})
	bubble(t, "P-21/a protected wait ends the line", func(t *testing.T) {
		l := running(t)
		g := newGate()
		var second *pending.Pending[int]
		first := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
			second = pending.Submit(never, l, 0, through(g, 2))
			return second.Wait(ctx, pending.Protect())
		})
		synctest.Wait()
		first.Cancel("enough")
		synctest.Wait()
		requireCancelled(t, first)
		requireOpen(t, second)
		open(g)
		synctest.Wait()
		requireResult(t, second, 2)
	})
	bubble(t, "P-21/V: failing with another's cancellation is not being cancelled", func(t *testing.T) {
		l := running(t)
		p := pending.New[int](never)
		waiter := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) { return p.Wait(ctx) })
		synctest.Wait()
		p.Cancel("its own end")
		synctest.Wait()
		require.ErrorIs(t, waiter.Err(), pending.ErrCancelled)
		require.False(t, waiter.Cancelled())
	})
}

// P-19: waiting on the thread that has to produce the result suspends.
func TestWaitOnTheProducingThread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := manual(t)
		p := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
			v, err := pending.Submit(ctx, l, hour, constant(20)).Wait(ctx)
			w, err2 := pending.Submit(ctx, l, 0, constant(1)).Wait(never)
			require.NoError(t, err)
			require.NoError(t, err2)
			return v + w, nil
		})
		drive(l)
		requireOpen(t, p)
		sleepUntilIdle(hour)
		drive(l)
		requireResult(t, p, 21)
	})
}

// P-19: where it cannot suspend it is an error, and nothing happens to what was waited for.
func TestWaitOfTheOwnerOfAManualLoop(t *testing.T) {
	l := manual(t)
	drive(l) // this goroutine drives the loop from now on, and waits outside of its calls
	p := pending.Submit(never, l, 0, constant(1))
	v, err := p.Wait(never) // goes on driving
	require.NoError(t, err)
	require.Equal(t, 1, v)
}

func TestWaitForOneself(t *testing.T) {
	l := manual(t)
	var self *pending.Pending[int]
	self = pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
		for _, ctx := range []context.Context{ctx, never} {
			require.ErrorIs(t, self.WaitDone(ctx), pending.ErrDeadlock)
			_, err := self.Wait(ctx, pending.Shield())
			require.ErrorIs(t, err, pending.ErrDeadlock)
			require.ErrorIs(t, self.WaitDone(ctx, pending.Protect()), pending.ErrDeadlock)
		}
		require.ErrorIs(t, pending.Current(ctx).WaitDone(ctx), pending.ErrDeadlock)
		require.False(t, self.Cancelled(), "it is left alone")
		return 1, nil
	})
	drive(l)
	requireResult(t, self, 1)
}

// Having waited for itself in vain, another call's waits are not mistaken for it.
func TestWaitForOneselfAfterAnother(t *testing.T) {
	l := manual(t)
	g := newGate()
	slow := pending.Submit(never, l, 0, through(g, 1))
	other := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) { return slow.Wait(ctx) })
	drive(l)
	open(g)
	drive(l)
	requireResult(t, slow, 1)
	requireResult(t, other, 1)
}

// When the loop of the one that waits stops, its wait is given up.
func TestWaitEndsWithItsLoop(t *testing.T) {
	for name, opts := range map[string][]pending.WaitOption{"plain": nil, "protected": {pending.Protect()}, "shielded": {pending.Shield()}} {
		bubble(t, name, func(t *testing.T) {
			l := running(t)
			p := pending.New[int](never)
			var err error
			waiter := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) {
				_, err = p.Wait(ctx, opts...)
				return 0, err
			})
			synctest.Wait()
			l.Stop()
			synctest.Wait()
			require.ErrorIs(t, err, loop.ErrStopped)
			requireCancelled(t, waiter)
			require.ErrorIs(t, waiter.Err(), loop.ErrStopped)
			if name == "protected" {
				requireOpen(t, p)
				return
			}
			requireCancelled(t, p)
			require.ErrorIs(t, p.Err(), loop.ErrStopped)
		})
	}
}

// An outcome that is there wins over the end of the wait's context.
func TestOutcomeBeatsTheEndOfTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := manual(t)
		p := pending.New[int](never)
		ctx, cancel := context.WithCancel(never)
		waiter := pending.Submit(never, l, 0, func(context.Context) (int, error) { return p.Wait(ctx) })
		drive(l)
		cancel()
		synctest.Wait()
		p.SetResult(8) // the waiter has been woken, but has not run yet
		drive(l)
		requireResult(t, waiter, 8)
		requireResult(t, p, 8)
	})
}

// Ten thousand calls wait for one Pending. The tests' time limit is what notices when ending them all
// takes time that grows with the square.
func TestManyWaiters(t *testing.T) {
	n := rounds(10_000)
	ends := map[string]func(p *pending.Pending[int], stop context.CancelFunc){
		"the Pending is cancelled": func(p *pending.Pending[int], _ context.CancelFunc) { p.Cancel("all") },
		"their context ends":       func(_ *pending.Pending[int], stop context.CancelFunc) { stop() },
	}
	for name, end := range ends {
		bubble(t, name, func(t *testing.T) {
			l := running(t)
			p := pending.New[int](never)
			ctx, stop := context.WithCancel(never)
			defer stop()
			waiters := make([]*pending.Pending[int], n)
			for i := range waiters {
				waiters[i] = pending.Submit(ctx, l, 0, func(ctx context.Context) (int, error) { return p.Wait(ctx) })
			}
			synctest.Wait()
			end(p, stop)
			synctest.Wait()
			requireCancelled(t, p)
			for _, w := range waiters {
				require.ErrorIs(t, w.Err(), context.Canceled)
			}
			require.Zero(t, l.Stats().Suspended)
		})
	}
}

// The same for entries in the line alone, where there can be so many that a square of them would take
// hours.
func TestManyCallbacksAndWaitersRemoved(t *testing.T) {
	n := rounds(300_000)
	orders := map[string]func(i int) int{
		"as they came": func(i int) int { return i },
		"backwards":    func(i int) int { return n - 1 - i },
		"mixed":        func(i int) int { return i * 7919 % n },
	}
	for name, order := range orders {
		t.Run(name, func(t *testing.T) {
			p := pending.New[int](never)
			remove := make([]func() bool, n)
			for i := range remove {
				remove[i] = p.AddDoneCallback(func(pending.Handle) { t.Error("called") })
			}
			for i := range n {
				require.True(t, remove[order(i)]())
			}
			p.SetResult(1)
		})
	}
}

// Goroutines that wait are woken all, and each once.
func TestManyGoroutinesWait(t *testing.T) {
	p := pending.New[int](never)
	var all sync.WaitGroup
	for range 500 {
		all.Go(func() {
			v, err := p.Wait(never)
			check(t, v == 9 && err == nil, "the result")
		})
	}
	runtime.Gosched()
	p.SetResult(9)
	all.Wait()
}

// uncomparable is a context whose type can be compared, and whose values perhaps not.
type uncomparable struct {
	context.Context
	v any
}

func TestWaitUnderAContextThatCannotBeCompared(t *testing.T) {
	l := loop.New()
	go func() { _ = l.Run(never) }()
	ctx := uncomparable{never, []int{1}}
	open := make(chan struct{})
	p := pending.Submit(ctx, l, 0, func(context.Context) (int, error) { <-open; return 1, nil })
	time.AfterFunc(time.Millisecond, func() { close(open) })
	require.NotPanics(t, func() { require.NoError(t, p.WaitDone(ctx)) })
	l.Stop()
	<-l.Done()
}
