package caller_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/pending"
)

// A goroutine that has nothing to do with callers can wait at all times, also while the thread that it has
// just left becomes a caller's.
func TestNotKnowingWhichThread_PlainGoroutinesCanAlwaysWait(t *testing.T) {
	realTime(t)
	rounds := 400
	if testing.Short() {
		rounds = 50
	}
	var failed trail[error]
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range rounds {
				c, err := caller.New(context.Background(), quiet)
				if err != nil {
					failed.add(err)
				}
				p := c.CallSoon(context.Background(), nothing)
				if err := p.WaitDone(context.Background(), pending.Protect()); err != nil {
					failed.add(err)
				}
				_ = c.Close()
			}
		})
	}
	wg.Wait()
	require.Empty(t, failed.all())
}
