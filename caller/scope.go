package caller

import (
	"context"

	"github.com/pinion-go/pinion/pending"
)

// scope tracks what is started under the context of Run's body.
type scope struct {
	started pending.Manager
	body    pending.Handle // the first that is tracked
}

// Track leaves out what was made with pending.New: nothing has been started that could be waited for.
func (s *scope) Track(p pending.Handle) {
	switch {
	case s.body == nil:
		s.body = p
	case pending.Current(p.Context()) == p:
		s.started.Add(p)
	}
}

// wait waits until nothing is left, what is started meanwhile included. It reports the end of ctx also when
// that has ended what was left.
func (s *scope) wait(ctx context.Context) error {
	if len(s.started.Pending()) == 0 {
		return nil
	}
	if err := s.started.Wait(ctx); err != nil {
		return err
	}
	return ctx.Err()
}

func (s *scope) cancel(msg string) {
	for _, p := range s.started.Pending() {
		p.Cancel(msg)
	}
}
