package group

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// Run calls body, and returns when body has returned and all members of the group are done: what has been
// started in the group does not outlive it. Inside a call it suspends the call while it waits; elsewhere it
// blocks the goroutine.
//
// The group is cancelled when a member fails, when body does, when its timeout has passed, when ctx ends, and
// by Cancel; also, in some modes, when a member is cancelled. Then body's context ends, the members are
// cancelled, members that are still made are cancelled at once, and Run waits for what is left, but not longer
// than WithCancelTimeout. Members behind a Shield are spared, and waited for to their end.
//
// Run returns the first of these that there is:
//
//   - ctx's error, if ctx has ended and the group is not shielded from it, joined with the errors below;
//   - the error of body, as it is, unless body has merely been interrupted by the end of its context;
//   - the errors of the members that failed, joined in the order in which they did;
//   - *pending.CancelledError, in the modes that report cancellation.
//
// Other errors are loop.ErrNilFunc, ErrInvalid for options, loop.ErrCannotSuspend before body is called,
// loop.ErrStopped when the loop of the call stops and ctx does not tell (what then is left has been cancelled), and
// pending.ErrDeadlock when the group has the very call as a member that runs it. A panic in body goes on when
// the members are done.
//
// Groups may be nested: a member of the inner one is a member of the outer one as well, and each deals with it
// by its own mode.
func Run(ctx context.Context, body func(ctx context.Context, g *PendingGroup) error, opts ...Option) error {
	cfg, err := newConfig(opts)
	if err != nil {
		return err
	}
	self, err := loop.Self()
	switch {
	case body == nil:
		return loop.ErrNilFunc
	case err != nil:
		return err
	}
	if cfg.shield {
		ctx = shielded(ctx)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	inner, end := context.WithCancelCause(ctx)
	g := &PendingGroup{mode: cfg.mode, outer: Current(ctx), own: pending.RunningOn(ctx, self), ctx: inner, end: end}
	defer end(errLeft)
	g.members.Observe(g.ended)
	defer context.AfterFunc(inner, func() { g.surroundingsEnded(inner) })()
	if cfg.timeout != nil {
		defer time.AfterFunc(*cfg.timeout, g.timeUp).Stop()
	}
	returned := false
	defer func() {
		if !returned {
			g.cancel("the body of its group has panicked or called runtime.Goexit", nil)
			_ = g.wait(inner, cfg.cancelTimeout)
		}
	}()
	bodyErr := body(pending.WithTracker(inner, g), g)
	returned = true
	switch {
	case bodyErr == nil:
	case inner.Err() != nil && (errors.Is(bodyErr, context.Canceled) || errors.Is(bodyErr, inner.Err())):
		bodyErr = nil // it has been interrupted
	default:
		g.cancel("the body of its group has failed", bodyErr)
	}
	waitErr := g.wait(inner, cfg.cancelTimeout)
	return g.outcome(ctx.Err(), bodyErr, waitErr)
}

// RunOn is Run with body as a call on l. On l's own thread it is Run.
func RunOn(ctx context.Context, l *loop.Loop, body func(ctx context.Context, g *PendingGroup) error, opts ...Option) error {
	if l.OnThread() {
		return Run(ctx, body, opts...)
	}
	cfg, err := newConfig(opts)
	switch {
	case err != nil:
		return err
	case body == nil:
		return loop.ErrNilFunc
	case cfg.shield:
		ctx = shielded(ctx)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ran := false
	call := start(ctx, l, func(ctx context.Context) (pending.None, error) {
		ran = true
		err = Run(ctx, body, opts...)
		return pending.None{}, err
	})
	if err := call.WaitDone(ctx, pending.Shield()); err != nil {
		call.Cancel("the wait for it was given up")
		return err
	}
	if !ran || err == nil {
		err = call.Err()
	}
	return err
}

var errLeft = errors.New("group: Run has returned")

// wait waits for the members, and lets none in any more after that.
func (g *PendingGroup) wait(inner context.Context, cancelTimeout time.Duration) error {
	for {
		err := g.members.Wait(inner)
		switch {
		case err == nil:
		case inner.Err() != nil:
			g.surroundingsEnded(inner)
			return g.waitCancelled(inner, cancelTimeout)
		case errors.Is(err, pending.ErrDeadlock):
			g.members.Remove(g.own)
			g.fail(err)
			continue
		default:
			g.cancel("its group cannot wait for it", err)
			g.leave()
			return err
		}
		if g.leave(); len(g.members.Pending()) == 0 {
			return nil
		}
	}
}

func (g *PendingGroup) waitCancelled(inner context.Context, cancelTimeout time.Duration) error {
	g.leave()
	g.waitSpared(context.WithoutCancel(inner))
	err := awaitCancelled(inner, &g.members, cancelTimeout)
	if errors.Is(err, pending.ErrDeadlock) {
		g.members.Remove(g.own)
		g.fail(err)
		err = awaitCancelled(inner, &g.members, cancelTimeout)
	}
	return err
}

// waitSpared waits for what is shielded, and for what that starts: it has all the time it needs.
func (g *PendingGroup) waitSpared(ctx context.Context) {
	if !g.shields.Load() {
		return
	}
	exposed := func(p pending.Handle) bool { return p == g.own || !g.spares(p) }
	for {
		spared := slices.DeleteFunc(g.Pending(), exposed)
		if len(spared) == 0 {
			return
		}
		var m pending.Manager
		for _, p := range spared {
			m.Add(p)
		}
		if m.Wait(ctx) != nil {
			return
		}
	}
}

func (g *PendingGroup) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left = true
}

// outcome is what Run returns.
func (g *PendingGroup) outcome(outer, body, wait error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch members := errors.Join(g.failures...); {
	case outer != nil && body == nil && members == nil:
		return outer
	case outer != nil:
		return errors.Join(outer, body, members)
	case body != nil:
		return body
	case members != nil:
		return members
	case wait != nil:
		return wait
	case g.reason != nil && g.mode.reports():
		return g.reason
	}
	return g.reported
}
