package group

import (
	"context"
	"iter"

	"github.com/pinion-go/pinion/pending"
)

// AsCompleted returns an iterator over items in the order in which they end, however they end; their outcome
// is for the loop's body to ask for. It asks the source for an item at a time, and for no more while as many
// are unfinished as Limit says. While it waits inside a call it suspends the call; elsewhere it blocks the
// goroutine. The iterator is for one use and for one goroutine.
//
// When the loop is left early, or when ctx ends, which ends the loop before the next item, the items that are
// unfinished are cancelled, unless KeepUnfinished says otherwise; those that are done keep their results. So it
// is when the loop that the call runs on stops.
//
// The source is run by the loop that ranges over the iterator. If it panics, or gives a nil item, the items that it
// has given are gone through first. Misuse panics with an error, which inside a call becomes the call's: ErrInvalid
// for a nil item and for options that make no sense, loop.ErrCannotSuspend, and, as soon as it is met,
// pending.ErrDeadlock for an item that is the very call that iterates.
func AsCompleted[P pending.Handle](ctx context.Context, items iter.Seq[P], opts ...Option) iter.Seq[P] {
	return func(yield func(P) bool) {
		cfg, err := newConfig(opts)
		if err != nil {
			panic(err)
		}
		limit, counts := cfg.limited()
		c, err := newCollector[P](ctx, counts)
		if err != nil {
			panic(err)
		}
		defer func() {
			if open := c.leave(); !cfg.keep {
				cancelAll(open, iterationEnded, nil)
			}
		}()
		s := &stream[P]{collector: c, ctx: ctx, next: c.take, yield: yield}
		failure := pull(s, items, c.add, func() bool { return limit > 0 && c.counted >= limit })
		if failure != pending.ErrDeadlock { // told at once: what it would wait for may never end
			s.emit(func() bool { return len(c.open) > 0 })
		}
		if failure != nil {
			panic(failure)
		}
	}
}

// limited returns how many items may be unfinished, and which of them count.
func (c *config) limited() (limit int, counts func(pending.Handle) bool) {
	if c.limit != nil {
		return *c.limit, func(pending.Handle) bool { return true }
	}
	era := pending.Era()
	return defaultLimit, func(p pending.Handle) bool { return pending.MadeSince(p, era) }
}
