package group

import (
	"context"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// start begins a call on l, or on a goroutine where l is nil, that no tracker is told of, since it is waited
// for here.
func start[T any](ctx context.Context, l *loop.Loop, fn func(context.Context) (T, error)) *pending.Pending[T] {
	if l != nil {
		return pending.Submit(ctx, l, 0, fn, pending.Untracked())
	}
	p, call := pending.Prepare(ctx, nil, nil, fn, pending.Untracked())
	call.Go(func(run func()) { run() })
	return p
}
