package fynehost

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
)

// Stop stops callers that are guests of an app, and drives them until they have stopped: what is queued is
// cancelled, and what is suspended unwinds. Call it on the main goroutine when app.Run has returned, since nobody
// else drives them any more; Close would wait for ever there. Errors: caller.ErrNoCaller, loop.ErrInUse on another
// goroutine than the main one, and that of ctx when it ends first.
func Stop(ctx context.Context, callers ...*caller.Caller) error {
	if slices.Contains(callers, nil) {
		return caller.ErrNoCaller
	}
	for _, c := range callers {
		c.Stop(true)
	}
	// Their wake-ups are lost with the app's queue, so look from time to time.
	for _, c := range callers {
		for !c.Stopped().IsDone() {
			for _, other := range callers {
				if _, _, err := other.Loop().Step(); err != nil && !errors.Is(err, loop.ErrStopped) {
					return err
				}
			}
			select {
			case <-c.Stopped().Done():
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Millisecond):
			}
		}
	}
	return nil
}
