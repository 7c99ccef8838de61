package caller_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/queue"
)

// P-25: a queue does not keep the result of the call that has opened it.
func TestP25_QueueKeepsNotItsOpener(t *testing.T) {
	c := start(t)
	f := queue.NewFunc(func(ctx context.Context, i int) error { return nil })
	collected := make(chan struct{})
	func() {
		p := caller.CallSoon(t.Context(), c, func(ctx context.Context) (*[1 << 20]byte, error) {
			v := new([1 << 20]byte)
			runtime.AddCleanup(v, func(int) { close(collected) }, 0)
			return v, caller.QueueCall(ctx, c, f, 1)
		})
		_, err := p.Wait(t.Context())
		require.NoError(t, err)
	}()
	for range 20 {
		runtime.GC()
		select {
		case <-collected:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Error("the queue keeps the result of the call that opened it")
	runtime.KeepAlive(f)
}
