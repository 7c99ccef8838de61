package caller

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/queue"
)

// somebody has looked a queue up, and notes that only when it has been closed and another has been opened.
func TestQueueIsNotTheOneOfALateLookUp_Q11(t *testing.T) {
	c, err := New(context.Background())
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	f := queue.NewFunc(func(context.Context, int) error { return nil })
	require.NoError(t, QueueCall(context.Background(), c, f, 1))
	first, _ := c.queues.Load(f.ID())
	QueueClose(c, f)
	require.NoError(t, QueueCall(context.Background(), c, f, 2))
	second, ok := QueueGet(c, f)
	require.True(t, ok)

	c.recent.Store(first)
	got, _ := QueueGet(c, f)
	require.Same(t, second, got)
	require.NoError(t, QueueCall(context.Background(), c, f, 3))
	got, _ = QueueGet(c, f)
	require.Same(t, second, got)
	c.recent.Store(first)
	QueueClose(c, f)
	require.NoError(t, second.WaitDone(context.Background()))
}
