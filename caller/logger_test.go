package caller_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/pending"
)

// P-10: what panics on behalf of a caller is logged where the caller logs, whichever Pending it belongs to.
func TestCallbacksOfACallerLogWhereItDoes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log logLines
		fail := func(pending.Handle) { panic(errTest) }
		requireLines := func(n int, what string) {
			synctest.Wait() // waiters may be served first
			require.Equal(t, n, len(log.lines(t)), what)
		}
		slow := newHost()
		slow.started = time.Second
		made := make(chan error)
		go func() { made <- second(caller.New(context.Background(), caller.WithHost(slow), log.option())) }()
		synctest.Wait()
		c := caller.All(false)[0]
		for _, p := range []*pending.Pending[pending.None]{c.Started(), c.Stopping(), c.Stopped()} {
			p.AddDoneCallback(fail)
		}
		t.Cleanup(func() { _ = c.Close() })
		require.NoError(t, <-made)
		requireLines(1, "started")
		c.CallSoon(t.Context(), func(ctx context.Context) error {
			p := pending.New[int](ctx)
			p.AddDoneCallback(fail)
			p.SetResult(1)
			q := pending.Go(ctx, func(context.Context) (int, error) { return 1, nil })
			q.AddDoneCallback(fail)
			return q.WaitDone(ctx)
		})
		requireLines(3, "made in a call")
		require.NoError(t, c.Close())
		requireLines(5, "stopping, stopped")
		for _, line := range log.lines(t) {
			require.Equal(t, "a callback panicked", line["message"])
			require.Equal(t, errTest.Error(), line["panic"])
		}
	})
}
