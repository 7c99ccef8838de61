package pending_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

func newPendings(n int) []*pending.Pending[int] {
	ps := make([]*pending.Pending[int], n)
	for i := range ps {
		ps[i] = pending.New[int](never)
	}
	return ps
}

// P-18: a result, an error and a cancellation at once. One wins, and everybody agrees on which.
func TestThreeOutcomesRace(t *testing.T) {
	cancellers := map[string]func(p *pending.Pending[int]){
		"final":     func(*pending.Pending[int]) {},
		"a request": func(p *pending.Pending[int]) { p.SetCanceller(func(string) {}) },
	}
	for name, prepare := range cancellers {
		t.Run("P-18/"+name, func(t *testing.T) {
			const n = 1000
			ps := newPendings(n)
			for _, p := range ps {
				prepare(p)
			}
			var result, failed, cancelled [n]bool
			lockstep(n,
				func(i int) { result[i] = ps[i].SetResult(i) },
				func(i int) { failed[i] = ps[i].SetError(errBoom) },
				func(i int) { cancelled[i] = ps[i].Cancel("") })
			for i, p := range ps {
				require.True(t, p.IsDone())
				winners := 0
				for _, won := range []bool{result[i], failed[i], cancelled[i]} {
					if won {
						winners++
					}
				}
				require.Equal(t, 1, winners)
				switch {
				case result[i]:
					requireResult(t, p, i)
				case failed[i]:
					require.Same(t, errBoom, p.Err())
					require.False(t, p.Cancelled())
				default:
					requireCancelled(t, p)
				}
			}
		})
	}
}

// P-23: whoever joins while the Pending ends is served, once.
func TestJoiningRacesTheEnd(t *testing.T) {
	n := rounds(20_000)
	ps := newPendings(n)
	called := make([]atomic.Int32, n)
	lockstep(n,
		func(i int) { ps[i].SetResult(i) },
		func(i int) {
			ps[i].AddDoneCallback(func(h pending.Handle) {
				called[i].Add(1)
				check(t, h.IsDone() && h.Err() == nil, "done when the callback runs")
			})
		},
		func(i int) {
			v, err := ps[i].Wait(never)
			check(t, v == i && err == nil, "what Wait returns")
		},
		func(i int) {
			<-ps[i].Done()
			check(t, ps[i].IsDone(), "done when the channel is closed")
		})
	for i := range called {
		require.EqualValues(t, 1, called[i].Load(), "round %d", i)
	}
}

// P-23 with a call: the end comes from a goroutine of its own, and a context and a cancel race it too.
func TestJoiningRacesTheEndOfACall(t *testing.T) {
	n := rounds(5000)
	l := running(t)
	ps := make([]*pending.Pending[int], n)
	called := make([]atomic.Int32, n)
	var made atomic.Int64
	await := func(i int) {
		for made.Load() <= int64(i) {
			runtime.Gosched()
		}
	}
	lockstep(n,
		func(i int) {
			ctx, cancel := context.WithCancel(never)
			ps[i] = pending.Submit(ctx, l, 0, constant(i))
			made.Store(int64(i + 1))
			cancel()
		},
		func(i int) {
			await(i)
			ps[i].AddDoneCallback(func(pending.Handle) { called[i].Add(1) })
		},
		func(i int) {
			await(i)
			ps[i].Cancel("")
		},
		func(i int) {
			await(i)
			v, err := ps[i].Wait(never)
			check(t, err == nil && v == i || errors.Is(err, pending.ErrCancelled), "what Wait returns")
		})
	for i, p := range ps {
		require.True(t, p.IsDone())
		require.EqualValues(t, 1, called[i].Load(), "round %d", i)
		if p.Cancelled() {
			requireCancelled(t, p)
		} else {
			requireResult(t, p, i)
		}
	}
}

// P-23: what a callback has seen does not change any more.
func TestCancelRacesTheEnd(t *testing.T) {
	type seen struct {
		cancelled bool
		err       error
	}
	for name, end := range map[string]func(*pending.Pending[int]){
		"result": func(p *pending.Pending[int]) { p.SetResult(1) },
		"error":  func(p *pending.Pending[int]) { p.SetError(errBoom) },
	} {
		t.Run("P-23/"+name, func(t *testing.T) {
			n := rounds(10_000)
			ps := newPendings(n)
			first := make([]seen, n)
			for i, p := range ps {
				p.SetCanceller(func(string) {})
				p.AddDoneCallback(func(h pending.Handle) { first[i] = seen{h.Cancelled(), h.Err()} })
			}
			lockstep(n,
				func(i int) { end(ps[i]) },
				func(i int) { ps[i].Cancel("") })
			for i, p := range ps {
				require.Equal(t, seen{p.Cancelled(), p.Err()}, first[i])
				require.Equal(t, p.Cancelled(), errors.Is(p.Err(), pending.ErrCancelled))
			}
		})
	}
}

// A callback is either taken back or called.
func TestRemovingRacesTheEnd(t *testing.T) {
	n := rounds(10_000)
	ps := newPendings(n)
	called, removed := make([]atomic.Int32, n), make([]bool, n)
	remove := make([]func() bool, n)
	for i, p := range ps {
		p.AddDoneCallback(func(pending.Handle) {})
		remove[i] = p.AddDoneCallback(func(pending.Handle) { called[i].Add(1) })
		p.AddDoneCallback(func(pending.Handle) {})
	}
	lockstep(n,
		func(i int) { ps[i].SetResult(1) },
		func(i int) { removed[i] = remove[i]() })
	for i := range n {
		require.Equal(t, removed[i], called[i].Load() == 0)
		require.LessOrEqual(t, called[i].Load(), int32(1))
	}
}

// A wait that is given up just as the Pending ends has the outcome or its own error, and the next wait
// in the same place is not disturbed by what was meant for the last.
func TestGivingUpRacesTheEnd(t *testing.T) {
	n := rounds(5000)
	for name, wait := range map[string]func(func(ctx context.Context)){
		"goroutine": func(wait func(context.Context)) { wait(never) },
		"call": func(wait func(context.Context)) {
			// The same call waits for all: its Parker is the same as well.
			l := running(t)
			_, err := pending.Submit(never, l, 0, func(ctx context.Context) (int, error) { wait(ctx); return 0, nil }).Wait(never)
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ps := newPendings(n)
			ctxs := make([]context.Context, n)
			cancels := make([]context.CancelFunc, n)
			for i := range n {
				ctxs[i], cancels[i] = context.WithCancel(never)
			}
			turn := make(chan int)
			waited := make(chan struct{})
			go wait(func(ctx context.Context) {
				defer close(waited)
				for i, p := range ps {
					_, _, err := loop.Receive(ctx, turn)
					check(t, err == nil, "the turn")
					v, err := p.Wait(ctxs[i], pending.Protect())
					check(t, v == i && err == nil || v == 0 && errors.Is(err, context.Canceled), "the wait")
					v, err = p.Wait(never)
					check(t, v == i && err == nil, "the wait after it")
				}
			})
			lockstep(n,
				func(i int) { turn <- i },
				func(i int) { cancels[i]() },
				func(i int) { ps[i].SetResult(i) })
			<-waited
		})
	}
}
