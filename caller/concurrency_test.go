package caller_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/pending"
)

// Y-01: waiters of every kind, callers and goroutines, are released by one outcome.
func TestY01_WaitersOfEveryKind(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := start(t), start(t)
		p := pending.New[int](t.Context())
		var results trail[int]
		wait := func(ctx context.Context) error {
			v, err := p.Wait(ctx)
			results.add(v)
			return err
		}
		var ends []pending.Handle
		for range 3 {
			ends = append(ends, a.CallSoon(t.Context(), wait), b.CallSoon(t.Context(), wait),
				pending.Go(t.Context(), func(ctx context.Context) (int, error) { return 0, wait(ctx) }))
		}
		require.NoError(t, a.Do(t.Context(), func() { p.SetResult(7) }))
		for _, e := range ends {
			require.NoError(t, e.WaitDone(t.Context()))
			require.NoError(t, e.Err())
		}
		require.Equal(t, []int{7, 7, 7, 7, 7, 7, 7, 7, 7}, results.all())
	})
}

// Y-01, Y-07: every method of a Pending that a call will end, from several goroutines at once.
func TestY01_Y07_PendingFromEverywhere(t *testing.T) {
	realTime(t)
	c := start(t)
	for round := range 200 {
		p := caller.CallSoon(t.Context(), c, give(1))
		var wg sync.WaitGroup
		for _, use := range []func(){
			func() { _, _ = p.Wait(context.Background()) },
			func() { _ = p.String() },
			func() { <-p.Done() },
			func() { p.AddDoneCallback(func(pending.Handle) {})() },
			func() { _, _ = p.Result() },
			func() { _, _, _, _ = p.IsDone(), p.Cancelled(), p.Metadata(), p.Context() },
			func() {
				if round%2 == 0 {
					p.Cancel("maybe")
				}
			},
			func() { _ = c.Do(context.Background(), func() { _ = p.Err() }) },
		} {
			wg.Go(use)
		}
		wg.Wait()
		require.True(t, p.IsDone())
	}
}

// Y-03: callbacks run on the goroutine that ends the Pending: for a call, on its caller's thread.
func TestY03_CallbacksRunWhereThePendingEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		c.CallSoon(t.Context(), hold(1))
		on := make(chan *caller.Caller, 1)
		note := func(pending.Handle) { on <- caller.Current(context.Background()) }
		p := c.CallSoon(t.Context(), nothing)
		p.AddDoneCallback(note)
		require.Same(t, c, <-on)
		synctest.Wait() // the first one has returned
		p.AddDoneCallback(note)
		require.Nil(t, <-on, "late: where it is added")
		p = c.CallLater(t.Context(), 1000, nothing)
		p.AddDoneCallback(note)
		p.Cancel("")
		require.Nil(t, <-on)
	})
}

// Y-05: what is made when it is first asked for is made once.
func TestY05_DoneChannelIsMadeOnce(t *testing.T) {
	realTime(t)
	c := start(t)
	for range 200 {
		p := caller.CallSoon(t.Context(), c, give(1))
		var got [4]<-chan struct{}
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() { got[i] = p.Done() })
		}
		wg.Wait()
		for _, ch := range got {
			require.Equal(t, got[0], ch)
		}
		<-got[0]
	}
	for range 50 {
		_, err := caller.CallSoon(t.Context(), c, func(ctx context.Context) (int, error) {
			var got [4]<-chan struct{}
			var wg sync.WaitGroup
			for i := range got {
				wg.Go(func() { got[i] = ctx.Done() })
			}
			wg.Wait()
			for _, ch := range got {
				require.Equal(t, got[0], ch)
			}
			return 0, nil
		}).Wait(t.Context())
		require.NoError(t, err)
	}
}
