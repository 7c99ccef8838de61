package group_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/pending"
)

// A result that the loop has been given is seen before the callbacks of its call have run.
func TestKeptCallsThatAreDoneAreNoMembers(t *testing.T) {
	err := group.Run(context.Background(), func(ctx context.Context, _ *group.PendingGroup) error {
		p := pending.New[int](context.Background())
		p.SetError(errTest)
		group.TrackAll(ctx, []pending.Handle{p})
		return nil
	})
	require.NoError(t, err)
}
