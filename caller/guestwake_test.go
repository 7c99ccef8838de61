package caller_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/pending"
)

// A loop that waits for a Manager is woken without the Manager's lock: a toolkit's function runs there.
func TestToolkitMayLookAtAManager(t *testing.T) {
	m := pending.NewManager()
	work := make(chan func(), 100)
	c, err := caller.New(context.Background(), quiet, caller.WithGuest(func(run func()) {
		m.Pending()
		work <- run
	}))
	require.NoError(t, err)
	stop := make(chan struct{})
	over := make(chan struct{})
	go func() {
		defer close(over)
		runtime.LockOSThread()
		for {
			select {
			case f := <-work:
				f()
			case <-stop:
				return
			}
		}
	}()
	p := pending.New[int](context.Background())
	m.Add(p)
	w := c.CallSoon(t.Context(), func(ctx context.Context) error { return m.Wait(ctx) })
	time.Sleep(50 * time.Millisecond)
	set := make(chan struct{})
	go func() { p.SetResult(1); close(set) }()
	select {
	case <-set:
		_ = w.WaitDone(t.Context())
		require.NoError(t, c.Close())
		close(stop)
		<-over
	case <-time.After(2 * time.Second):
		t.Error("the toolkit's function is called under the Manager's lock: deadlock")
	}
}
