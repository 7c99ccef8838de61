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

// What the guests of all callers are kept in does not bring bubbles together, as it grows and shrinks.
func TestGuestsInBubblesSideBySide(t *testing.T) {
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := start(t)
				for range 4 {
					var all []*pending.Pending[int]
					for range 300 {
						all = append(all, caller.CallUsingBackend(t.Context(), c, caller.Goroutine, func(ctx context.Context) (int, error) {
							time.Sleep(time.Millisecond)
							return 1, nil
						}))
					}
					for _, p := range all {
						_ = p.WaitDone(t.Context())
					}
				}
				require.NoError(t, c.Close())
			})
		})
	}
}
