package group

import (
	"context"

	"github.com/pinion-go/pinion/loop"
)

// Shield calls body with a context that the end of ctx does not reach, and returns body's error. So body runs
// to its end in the place where it stands; when ctx has ended meanwhile, the next wait under ctx tells. Calls
// that body makes are shielded with it. The stop of the caller is not held up: waits then fail with
// loop.ErrStopped. The error for a nil body is loop.ErrNilFunc.
func Shield(ctx context.Context, body func(ctx context.Context) error) error {
	if body == nil {
		return loop.ErrNilFunc
	}
	return body(context.WithoutCancel(ctx))
}
