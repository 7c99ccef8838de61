package group

import (
	"context"
	"iter"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// Generate returns an iterator over items that runs the source on a goroutine of its own, a step at a time and
// only when the loop asks for the next item, so that a source that blocks, such as a walk through a directory,
// does not hold up a caller's thread: inside a call the call is suspended meanwhile, elsewhere the goroutine
// blocks. The iterator is for one use and for one goroutine.
//
// When the loop is left early, the source's own loop is, and what it defers has run when the loop ends. The
// loop ends with an error when the source panics (*pending.PanicError) or calls runtime.Goexit
// (pending.ErrGoexit), and when ctx ends or the loop of the call stops: a step in progress is then left to
// itself, and the source ends after it.
func Generate[T any](ctx context.Context, items iter.Seq[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		if items == nil {
			return
		}
		steps, wanted := make(chan T, 1), make(chan struct{}, 1)
		source := pending.Go(pending.WithTrackers(context.WithoutCancel(ctx)), func(context.Context) (pending.None, error) {
			defer close(steps)
			<-wanted
			for v := range items {
				steps <- v
				if _, more := <-wanted; !more {
					break
				}
			}
			return pending.None{}, nil
		})
		inStep := false
		defer func() {
			close(wanted)
			if !inStep {
				_ = source.WaitDone(ctx, pending.Shield(), pending.Protect())
			}
		}()
		for {
			wanted <- struct{}{}
			inStep = true
			v, ok, err := loop.Receive(ctx, steps)
			inStep = err != nil
			if !ok && err == nil {
				_ = source.WaitDone(ctx, pending.Shield(), pending.Protect())
				err = source.Err()
			}
			switch {
			case err != nil:
				yield(zero, err)
				return
			case !ok || !yield(v, nil):
				return
			}
		}
	}
}
