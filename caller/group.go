package caller

import (
	"context"

	"github.com/pinion-go/pinion/group"
)

// PendingGroup is group.Run with body as a call on the caller's thread, or in the calling call if that is one
// of the caller's. The error is ErrNoCaller for a nil caller, and what kept a call from being accepted.
func (c *Caller) PendingGroup(ctx context.Context, body func(ctx context.Context, g *group.PendingGroup) error, opts ...group.Option) error {
	if c == nil {
		return ErrNoCaller
	}
	return group.RunOn(ctx, c.loop, body, opts...)
}
