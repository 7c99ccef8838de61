package caller_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
)

// Tests in bubbles may run side by side: what callers share must not make one bubble wait for another, which
// ends the process.
func TestBubblesInParallel(t *testing.T) {
	t.Run("all", func(t *testing.T) {
		for i := range 8 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				for range 3 {
					synctest.Test(t, func(t *testing.T) {
						c, err := caller.New(context.Background())
						require.NoError(t, err)
						for range 1000 {
							c.CallSoon(t.Context(), suspend)
						}
						require.NoError(t, c.Do(t.Context(), func() {}))
						require.NoError(t, c.Close())
					})
				}
			})
		}
	})
	require.Empty(t, caller.All(false))
}
