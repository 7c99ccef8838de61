package caller

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/pinion-go/pinion/pending"
)

// scope tracks what is started under the context of Run's body.
type scope struct {
	mu   sync.Mutex
	body pending.Handle
	live map[pending.Handle]struct{}
}

// Track takes the first Pending for the body's own.
func (s *scope) Track(p pending.Handle) {
	s.mu.Lock()
	if s.body == nil {
		s.body, s.live = p, make(map[pending.Handle]struct{})
		s.mu.Unlock()
		return
	}
	if pending.Current(p.Context()) != p {
		s.mu.Unlock()
		return // made with pending.New: nothing has been started that could be waited for
	}
	s.live[p] = struct{}{}
	s.mu.Unlock()
	p.AddDoneCallback(func(p pending.Handle) {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.live, p)
	})
}

// wait waits until nothing is left, what is started meanwhile included. It reports the end of ctx also when
// that has ended what was left.
func (s *scope) wait(ctx context.Context) error {
	for waited := false; ; waited = true {
		left := s.left()
		switch {
		case len(left) == 0 && waited:
			return ctx.Err()
		case len(left) == 0:
			return nil
		}
		for _, p := range left {
			if err := p.WaitDone(ctx, pending.Protect()); err != nil {
				return err
			}
		}
	}
}

func (s *scope) cancel(msg string) {
	for _, p := range s.left() {
		p.Cancel(msg)
	}
}

func (s *scope) left() []pending.Handle {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Collect(maps.Keys(s.live)), pending.Handle.IsDone)
}
