package group

import (
	"context"
	"errors"
	"fmt"

	"github.com/pinion-go/pinion/pending"
)

// When says what Wait waits for.
type When int

const (
	// FirstCompleted: until one item is done.
	FirstCompleted When = iota
	// FirstError: until one is done with an error, cancellation included, or all are done.
	FirstError
	// AllCompleted: until all are done.
	AllCompleted
)

// Wait waits for items as when says and returns those that are done and the rest, each once and in the order
// of items. How they have ended is not Wait's concern. Inside a call it suspends the call; elsewhere it blocks
// the goroutine.
//
// The items are never cancelled. A deadline of ctx that passes ends the wait and is no error, so that a
// timeout of zero takes stock. Otherwise, when ctx ends first, its error is returned along with the items; so
// are loop.ErrStopped and loop.ErrCannotSuspend. For an item that is the very call that waits the error is
// pending.ErrDeadlock, for a nil item or another when ErrInvalid, and nothing is waited for.
func Wait[P pending.Handle](ctx context.Context, items []P, when When) (done, rest []P, err error) {
	c, err := newCollector[P](ctx, func(pending.Handle) bool { return false })
	switch {
	case err != nil:
		return nil, nil, err
	case when < FirstCompleted || when > AllCompleted:
		return nil, nil, fmt.Errorf("%w: Wait until %d: use one of FirstCompleted, FirstError and AllCompleted", ErrInvalid, when)
	}
	for _, p := range items {
		if err := c.admissible(p); err != nil {
			return nil, nil, err
		}
	}
	defer c.leave()
	seen := make(map[pending.Handle]bool, len(items))
	for _, p := range items {
		if !seen[p] {
			c.watch(p)
		}
		seen[p] = true
	}
	err = c.wait(ctx, func() bool { return len(c.open) == 0 || c.satisfied(when) })
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	for _, p := range items {
		switch {
		case !seen[p]: // it is in one of the two already
		case p.IsDone():
			done = append(done, p)
		default:
			rest = append(rest, p)
		}
		delete(seen, p)
	}
	return done, rest, err
}

// satisfied looks at what has ended since it looked last. The caller holds mu.
func (c *collector[P]) satisfied(when When) bool {
	ended := c.done
	c.done = nil
	for _, p := range ended {
		if when == FirstCompleted || when == FirstError && p.Err() != nil {
			return true
		}
	}
	return false
}
