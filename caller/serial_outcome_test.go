package caller_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/queue"
)

// an outcome that somebody gives the queue's Pending closes the queue, and a call opens another.
func TestQueueIsClosedByAnOutcome(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		var ran []int
		f := queue.NewFunc(func(_ context.Context, i int) error {
			ran = append(ran, i)
			return nil
		})
		require.NoError(t, caller.QueueCall(t.Context(), c, f, 1))
		synctest.Wait()
		p, ok := caller.QueueGet(c, f)
		require.True(t, ok)
		require.True(t, p.SetResult(pending.None{}))
		_, ok = caller.QueueGet(c, f)
		require.False(t, ok)

		require.NoError(t, caller.QueueCall(t.Context(), c, f, 2))
		synctest.Wait()
		require.Equal(t, []int{1, 2}, ran)
		again, ok := caller.QueueGet(c, f)
		require.True(t, ok)
		caller.QueueClose(c, f)
		synctest.Wait()
		require.True(t, again.IsDone())
		require.True(t, again.Cancelled())
	})
}
