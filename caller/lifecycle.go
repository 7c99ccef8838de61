package caller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/registry"
)

// New makes a caller on a new thread and returns when it runs. The thread is destroyed when the caller
// has stopped, so that nothing a C library keeps for a thread is passed on. The caller stops, by force,
// when ctx ends. With WithGuest it returns at once, since the toolkit may not have begun to run.
//
// It may be called from anywhere; inside a call the call is suspended. Errors: ErrInvalid, ctx's when it has
// ended before, loop.ErrStopped when the parent takes no children, and whatever kept the caller from running:
// then the caller, stopped, is returned along with the error. When ctx ends while it starts, the caller is returned
// along with ctx's error and stops by itself; Close waits for that.
func New(ctx context.Context, opts ...Option) (*Caller, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	cfg.thread = cfg.guest == nil
	c, err := create(ctx, cfg)
	if err != nil {
		return nil, err
	}
	c.launch()
	if cfg.guest != nil {
		return c, nil
	}
	return c, c.awaitStart(ctx, true)
}

// launch gives c its thread, or asks the toolkit for its own.
func (c *Caller) launch() {
	if c.cfg.guest != nil {
		c.loop.Wake()
		return
	}
	go func() {
		if err := c.loop.Run(context.Background()); err != nil && !errors.Is(err, loop.ErrStopped) {
			c.loop.Logger().Error().Err(err).Str("caller", c.Name()).Msg("the caller's host has failed")
		}
	}()
}

// awaitStart waits until c runs; if it will not, until it has stopped. Who has made it stops it when the
// wait is given up.
func (c *Caller) awaitStart(ctx context.Context, made bool) error {
	if err := c.started.WaitDone(ctx); err != nil {
		if made {
			c.Stop(true)
		}
		return err
	}
	err := c.started.Err()
	if err != nil {
		if werr := c.stopped.WaitDone(ctx); werr != nil {
			return werr
		}
	}
	return err
}

// Run makes the calling goroutine the thread of a caller and calls body there, as a call. It returns
// body's error when body has returned, everything that was started under body's context is done and the
// caller has stopped; then the goroutine is unpinned again. If body fails or ctx ends, what was started is
// cancelled. Pendings made with pending.New, which nothing has been started for, are not waited for. A panic in
// body comes back as *pending.PanicError. It must not be called inside a call
// (loop.ErrInUse): use New or Get there.
func Run(ctx context.Context, body func(ctx context.Context, c *Caller) error, opts ...Option) error {
	if body == nil {
		return loop.ErrNilFunc
	}
	cfg, err := newConfig(opts)
	if err != nil {
		return err
	}
	if cfg.guest != nil {
		return fmt.Errorf("%w: WithGuest is for New", ErrInvalid)
	}
	if l := loop.Current(context.Background()); l != nil {
		return fmt.Errorf("%w: Run inside a call on %q; use New or Get there", loop.ErrInUse, l.Name())
	}
	c, err := create(ctx, cfg)
	if err != nil {
		return err
	}
	scope := new(scope)
	main := ScheduleCall(pending.WithTracker(ctx, scope), c, func(ctx context.Context) (pending.None, error) {
		err := body(ctx, c)
		if err == nil {
			err = scope.wait(ctx)
		}
		return pending.None{}, err
	}, On(Thread))
	main.AddDoneCallback(func(pending.Handle) {
		scope.cancel("what had started it has ended")
		c.Stop(true)
	})
	hostErr := c.loop.Run(context.Background())
	_ = scope.wait(context.Background()) // what is left on other callers has been cancelled
	_ = c.stopped.WaitDone(context.Background())
	err = main.Err()
	switch {
	case hostErr != nil && !errors.Is(hostErr, loop.ErrStopped):
		return hostErr
	case !main.Cancelled():
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	if cancelled, ok := errors.AsType[*pending.CancelledError](err); ok && cancelled.Cause != nil {
		return cancelled.Cause
	}
	return err
}

// Manual makes a caller that its owner drives, such as a game loop: calls run while the owner is in Poll
// or in Loop().RunPending. The first goroutine that calls one of them is pinned to its thread until the
// caller has stopped, has to go on calling them, and must not change its count of runtime.LockOSThread in
// between. While it waits for something outside of Poll, it goes on driving. The caller runs and accepts calls
// at once. Errors: ErrInvalid, ctx's when it has ended before, loop.ErrStopped when the parent takes no children.
func Manual(ctx context.Context, opts ...Option) (*Caller, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	if cfg.host != nil || cfg.guest != nil {
		return nil, fmt.Errorf("%w: a manual caller has neither host nor guest", ErrInvalid)
	}
	cfg.manual = true
	c, err := create(ctx, cfg)
	if err != nil {
		return nil, err
	}
	c.onStarted()
	return c, nil
}

// Poll drives a manual caller: it waits until there is something to run, until timeout has passed (for
// ever when negative, not at all when zero), or until ctx ends, and then runs what is ready, for up to
// 8 ms. Errors: ctx's; loop.ErrStopped once the caller has stopped; loop.ErrInUse on another goroutine than
// the first, inside a call, and for a caller that is not manual.
func (c *Caller) Poll(ctx context.Context, timeout time.Duration) error {
	if c == nil {
		return ErrNoCaller
	}
	if err := c.loop.Await(ctx, timeout); err != nil {
		return err
	}
	_, _, err := c.loop.Step()
	return err
}

// Get returns the child of that name, which it makes, on a thread of its own, if there is none; without
// a name, a new child each time. It returns when the child runs; inside a call the call is suspended.
// The child stops before its parent does. Errors: ErrMismatch when the child exists with another host or
// backend, loop.ErrStopped when the caller stops or has stopped, and those of New.
func (c *Caller) Get(name string, opts ...Option) (*Caller, error) {
	if c == nil {
		return nil, ErrNoCaller
	}
	cfg, err := newConfig(append(slices.Clone(opts), WithName(name), WithParent(c)))
	if err != nil {
		return nil, err
	}
	child, made, err := c.child(cfg)
	if err != nil {
		return nil, err
	}
	if made {
		child.launch()
	}
	if cfg.guest != nil {
		return child, nil
	}
	return child, child.awaitStart(context.Background(), made)
}

// Hold keeps the caller running until release is called: Stop(false) passes it by, Stop(true) does not. When the
// last hold is released the caller stops, by force; release does not wait for that, and a second call of it does
// nothing. The error is loop.ErrStopped when the caller stops or has stopped.
func (c *Caller) Hold() (release func(), err error) {
	if c == nil {
		return nil, ErrNoCaller
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state >= Stopping {
		return nil, fmt.Errorf("caller %q is %v: %w", c.Name(), c.state, loop.ErrStopped)
	}
	c.holds++
	c.protected = true
	return sync.OnceFunc(func() {
		c.mu.Lock()
		c.holds--
		last := c.holds == 0 && c.state < Stopping
		var children []*Caller
		if last {
			children = c.stoppingLocked() // in the same step, so that no Hold comes in between
		}
		c.mu.Unlock()
		if last {
			c.stop(children)
		}
	}), nil
}

// Protect makes Stop(false) pass the caller by from now on.
func (c *Caller) Protect() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.protected = true
}

// Protected reports whether Stop(false) passes the caller by.
func (c *Caller) Protected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.protected
}

// Stop tells the caller to stop and returns at once; Stopped tells when it has. Without force it does
// nothing to a protected caller. From now on calls are refused. Its StartStop tasks are asked to stop first
// and have a second for it; then children are stopped, by force, and guests are told to return; then suspended
// calls are resumed with their waits failing, queued ones are cancelled, and the thread ends. A call that holds
// the thread is waited for. Stop may be called again.
func (c *Caller) Stop(force bool) {
	c.mu.Lock()
	if c.state >= Stopping || !force && c.protected {
		c.mu.Unlock()
		return
	}
	children := c.stoppingLocked()
	c.mu.Unlock()
	c.stop(children)
}

// stoppingLocked makes the state Stopping and returns the children that have to stop before c does. From now
// on there are no new ones, and no new guests.
func (c *Caller) stoppingLocked() []*Caller {
	c.state = Stopping
	c.toStop.Store(int32(len(c.children) + len(c.guests) + 1))
	return slices.Clone(c.children)
}

// stop is what follows once the state is Stopping.
func (c *Caller) stop(children []*Caller) {
	c.loop.Refuse()
	defer c.stopping.SetResult(pending.None{})
	defer c.stopTasks(func() { c.stopAfter(children) })
	c.closeQueues()
	c.workers.close()
}

// stopAfter stops the loop once children and guests have stopped.
func (c *Caller) stopAfter(children []*Caller) {
	c.haltGuests()
	for _, child := range children {
		child.Stop(true)
		child.stopped.AddDoneCallback(func(pending.Handle) { c.oneHasStopped() })
	}
	c.oneHasStopped()
}

// oneHasStopped counts what c waits for before its loop stops.
func (c *Caller) oneHasStopped() {
	if c.toStop.Dec() == 0 {
		c.loop.Stop()
	}
}

// Close stops the caller by force and waits until it has stopped, inside another caller's call by
// suspending it. It returns the error with which a host failed. In one of the caller's own calls, guests
// included, it does not wait, since the caller cannot stop before that call ends. The owner of a manual
// caller may call it on the goroutine that drives it; from another goroutine it waits for the owner's next
// Poll.
func (c *Caller) Close() error {
	if c == nil {
		return ErrNoCaller
	}
	c.Stop(true)
	if c.loop.OnThread() {
		for c.Poll(context.Background(), -1) == nil {
		}
		return nil
	}
	if c.waitsForGuest(loop.GoroutineID()) {
		return nil
	}
	return c.WaitStopped(context.Background())
}

// WaitStopped waits until the caller has stopped and returns the error with which its host failed, or
// that of the wait.
func (c *Caller) WaitStopped(ctx context.Context) error {
	if c == nil {
		return ErrNoCaller
	}
	if err := c.stopped.WaitDone(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

var _ registry.Entry = (*Caller)(nil)
