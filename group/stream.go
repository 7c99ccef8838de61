package group

import (
	"context"
	"iter"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// stream takes Pendings from a source, one at a time, and hands them to the body of a loop when they have
// ended. The source runs on the stack of the loop, so that it may wait, too; a coroutine of its own could not.
type stream[P pending.Handle] struct {
	*collector[P]
	ctx    context.Context
	next   func() (P, bool) // what the body gets now, if anything; called with mu held
	yield  func(P) bool
	inBody bool
	over   bool  // the body has left the loop, or the waiting has ended
	err    error // what ended the waiting
}

// pull adds what the source gives, and passes on what has ended while full says that there must not be more.
// It returns what add or a panic of the source have ended it with.
func pull[S any, P pending.Handle](s *stream[P], source iter.Seq[S], add func(S) error, full func() bool) (failure error) {
	defer func() {
		if s.inBody {
			return // its panic is none of the source's
		}
		if v := recover(); v != nil {
			failure = loop.Recovered(v)
		}
	}()
	if source == nil {
		return nil
	}
	for item := range source {
		if err := add(item); err != nil {
			return err
		}
		if s.emit(full); s.over {
			break
		}
		if s.err = s.ctx.Err(); s.err != nil {
			s.over = true
			break
		}
	}
	return nil
}

// emit passes on what has ended, and waits for more for as long as blocked says.
func (s *stream[P]) emit(blocked func() bool) {
	for !s.over {
		var p P
		var ok bool
		s.err = s.wait(s.ctx, func() bool {
			p, ok = s.next()
			return ok || !blocked()
		})
		if s.err == nil && ok {
			s.err = s.ctx.Err()
		}
		if s.over = s.err != nil; s.over || !ok {
			return
		}
		s.inBody = true
		s.over = !s.yield(p)
		s.inBody = false
	}
}
