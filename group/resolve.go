package group

import (
	"context"
	"iter"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// Resolve returns an iterator over the results of calls, in the order of calls: each result or error in its
// own place, whatever becomes of the others. The calls run on the caller that ctx belongs to, and each on a
// goroutine of its own where there is none; a panic becomes the call's error. As many are in progress at a
// time as Workers says. The source is asked, and further calls are started, when the loop asks for the next
// result; while it waits inside a call it suspends the call, elsewhere it blocks the goroutine. The iterator
// is for one use and for one goroutine.
//
// When the loop is left early, the calls that are not done are cancelled and waited for, though not longer than
// WithCancelTimeout; with KeepUnfinished they become members of the group that ctx belongs to, and go on.
// The loop ends with one more error, with which no call has anything to do, when ctx ends or the loop of the
// call stops, when the source panics (*pending.PanicError, after the results of the calls that it has given),
// and for options that make no sense (ErrInvalid).
//
// Until then the calls are no members of that group, nor told to other trackers, which must not take for their own
// what is dealt with here; what they start in turn is.
func Resolve[T any](ctx context.Context, calls iter.Seq[func(context.Context) (T, error)], opts ...Option) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		cfg, err := newConfig(opts)
		if err != nil {
			yield(zero, err)
			return
		}
		c, err := newCollector[*pending.Pending[T]](ctx, func(pending.Handle) bool { return true })
		if err != nil {
			yield(zero, err)
			return
		}
		defer func() {
			if open := c.leave(); cfg.keep {
				trackAll(ctx, open)
			} else {
				endAll(ctx, open, cfg.cancelTimeout)
			}
		}()
		l := loop.Current(ctx)
		var line []*pending.Pending[T] // what has not been taken, in order
		s := &stream[*pending.Pending[T]]{collector: c, ctx: ctx}
		s.next = func() (p *pending.Pending[T], ok bool) {
			c.done = nil
			if len(line) == 0 || !line[0].IsDone() {
				return nil, false
			}
			p, line[0], line = line[0], nil, line[1:]
			return p, true
		}
		s.yield = func(p *pending.Pending[T]) bool { return yield(p.Result()) }
		failure := pull(s, calls, func(fn func(context.Context) (T, error)) error {
			p := start(ctx, l, fn)
			line = append(line, p)
			return c.add(p)
		}, func() bool {
			return c.counted >= cfg.workers || cfg.greediness > 0 && len(line)-c.counted >= cfg.greediness
		})
		s.emit(func() bool { return len(line) > 0 })
		switch {
		case s.err != nil:
			yield(zero, s.err)
		case failure != nil && !s.over:
			yield(zero, failure)
		}
	}
}

// Collect returns the results of calls in the order of calls, which it runs as Resolve does. The error is that
// of the first call in this order that fails, or one that ends Resolve's loop; then what is not done is
// cancelled and waited for, unless KeepUnfinished says otherwise.
func Collect[T any](ctx context.Context, calls iter.Seq[func(context.Context) (T, error)], opts ...Option) ([]T, error) {
	var results []T
	for v, err := range Resolve(ctx, calls, opts...) {
		if err != nil {
			return nil, err
		}
		results = append(results, v)
	}
	return results, nil
}
