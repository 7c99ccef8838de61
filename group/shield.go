package group

import (
	"context"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// Shield calls body with a context that the end of ctx does not reach, and returns body's error. So body runs
// to its end in the place where it stands; when ctx has ended meanwhile, the next wait under ctx tells. Calls
// that body makes are shielded with it: they are members of the groups around it, which wait for them and count
// their failures, but do not cancel them, whether cancelled before or meanwhile. The stop of the caller is not held
// up: waits then fail with loop.ErrStopped. The error for a nil body is loop.ErrNilFunc.
func Shield(ctx context.Context, body func(ctx context.Context) error) error {
	if body == nil {
		return loop.ErrNilFunc
	}
	return body(shielded(ctx))
}

type shieldKey struct{}

// shielded returns a context that neither the end of ctx reaches nor, where calls are made under it, the
// cancellation of the groups that ctx belongs to.
func shielded(ctx context.Context) context.Context {
	innermost := Current(ctx)
	for g := innermost; g != nil; g = g.outer {
		g.shields.Store(true)
	}
	return context.WithValue(context.WithoutCancel(ctx), shieldKey{}, innermost)
}

// spares reports whether there is a shield between g and what made p.
func (g *PendingGroup) spares(p pending.Handle) bool {
	if !g.shields.Load() {
		return false
	}
	from, _ := p.Context().Value(shieldKey{}).(*PendingGroup)
	for ; from != nil; from = from.outer {
		if from == g {
			return true
		}
	}
	return false
}
