package group

import (
	"context"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// start begins a call on l, or on a goroutine where l is nil, that no tracker is told of, since it is waited
// for here. What the call starts in turn is tracked as ever.
func start[T any](ctx context.Context, l *loop.Loop, fn func(context.Context) (T, error)) *pending.Pending[T] {
	tracked := fn
	if trackers := pending.Trackers(ctx); len(trackers) > 0 && fn != nil {
		ctx = pending.WithTrackers(ctx)
		tracked = func(ctx context.Context) (T, error) { return fn(pending.WithTrackers(ctx, trackers...)) }
	}
	if l == nil {
		return pending.Go(ctx, tracked)
	}
	return pending.Submit(ctx, l, 0, tracked)
}
