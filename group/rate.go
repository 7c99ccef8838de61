package group

import (
	"context"
	"fmt"
	"time"

	"github.com/pinion-go/pinion/loop"
)

// Rate limits how often something starts.
type Rate struct {
	MaxCalls int           // starts in any span as long as Period; 1 or more
	Period   time.Duration // more than 0
	MinGap   time.Duration // between one start and the next; 0 for none
}

// RateLimited returns a function that calls fn no more often than l says, however many call it and wherever.
// They start in the order in which they came, so that one whose thread is busy holds up those behind it. Who
// has to wait is suspended, in a call, or blocked, on a goroutine. fn itself runs where it is called, at the
// same time as others.
//
// The error is fn's; or fn has not been called: ctx's, when it has ended before the wait is over;
// loop.ErrStopped, when the loop of the call stops; loop.ErrCannotSuspend. Such a call does not count, and
// the next takes its place. When l makes no sense or fn is nil, every call returns ErrInvalid.
func RateLimited[T any](fn func(context.Context) (T, error), l Rate) func(context.Context) (T, error) {
	lim := &limiter{rate: l, turn: NewSemaphore(1)}
	invalid := l.check()
	if fn == nil {
		invalid = fmt.Errorf("%w: RateLimited: %w", ErrInvalid, loop.ErrNilFunc)
	}
	return func(ctx context.Context) (v T, err error) {
		if invalid != nil {
			return v, invalid
		}
		if err := lim.turn.With(ctx, 1, lim.start); err != nil {
			return v, err
		}
		return fn(ctx)
	}
}

func (l Rate) check() error {
	if l.MaxCalls < 1 || l.Period <= 0 || l.MinGap < 0 {
		return fmt.Errorf("%w: %+v; MaxCalls has to be 1 or more, Period more than 0, MinGap 0 or more", ErrInvalid, l)
	}
	return nil
}

// limiter lets one at a time wait for its start, so that starts are counted when they happen: one that is
// held up cannot come too close to the next.
type limiter struct {
	rate   Rate
	turn   *Semaphore
	starts []time.Time // those that still matter, oldest first; whose turn it is has them
}

// start waits until there may be another start, and counts it.
func (l *limiter) start(ctx context.Context) error {
	for {
		now := time.Now()
		d := l.delay(now)
		if d <= 0 {
			l.starts = append(l.starts, now)
			return nil
		}
		if err := loop.Sleep(ctx, d); err != nil {
			return err
		}
	}
}

// delay returns how long the next start has to wait.
func (l *limiter) delay(now time.Time) time.Duration {
	for len(l.starts) > 1 && now.Sub(l.starts[0]) >= l.rate.Period {
		l.starts = l.starts[1:]
	}
	n := len(l.starts)
	if n == 0 {
		return 0
	}
	d := l.rate.MinGap - now.Sub(l.starts[n-1])
	if n >= l.rate.MaxCalls {
		d = max(d, l.rate.Period-now.Sub(l.starts[0]))
	}
	return d
}
