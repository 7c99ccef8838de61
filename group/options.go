package group

import (
	"fmt"
	"time"
)

// Mode says what the cancellation of a member, and of the group itself, leads to. Whatever the mode, a member
// that fails cancels the others, and Run returns its error.
type Mode int

// The modes. A timeout and (*PendingGroup).Cancel cancel the group in all of them.
const (
	// IgnoreCancelled: a cancelled member is of no concern; Run says nothing of cancellations. A call that a
	// stopped caller has refused counts as cancelled too.
	IgnoreCancelled Mode = iota
	// CancelAndReport: a cancelled member cancels the group; Run returns the *pending.CancelledError.
	CancelAndReport
	// CancelQuietly: a cancelled member cancels the group; Run says nothing of cancellations.
	CancelQuietly
	// ReportCancelled: a cancelled member leaves the others alone; Run returns the *pending.CancelledError.
	ReportCancelled
)

func (m Mode) valid() bool   { return m >= IgnoreCancelled && m <= ReportCancelled }
func (m Mode) cancels() bool { return m == CancelAndReport || m == CancelQuietly }
func (m Mode) reports() bool { return m == CancelAndReport || m == ReportCancelled }

// Option configures a group, or an iteration over many calls. One that does not concern the function it is
// given to has no effect.
type Option interface{ apply(*config) }

type option func(*config)

func (o option) apply(c *config) { o(c) }

type config struct {
	mode          Mode
	shield        bool
	timeout       *time.Duration
	cancelTimeout time.Duration
	limit         *int
	keep          bool
	workers       int
	greediness    int
}

// WithMode sets the group's mode, IgnoreCancelled unless set.
func WithMode(m Mode) Option { return option(func(c *config) { c.mode = m }) }

// WithShield keeps the end of the context that Run is given from the group, and the cancellation of the groups around
// it, also when these have come already. See Shield.
func WithShield() Option { return option(func(c *config) { c.shield = true }) }

// WithTimeout cancels the group once it has been open for d.
func WithTimeout(d time.Duration) Option { return option(func(c *config) { c.timeout = &d }) }

// WithCancelTimeout sets how long Run waits for members, and Resolve and Collect for calls, that have been cancelled
// and are not done: 10 s unless set. Then they are left running, and a warning names them.
func WithCancelTimeout(d time.Duration) Option {
	return option(func(c *config) { c.cancelTimeout = d })
}

// Limit sets how many items of AsCompleted may be unfinished before it asks the source for another; 0 is no
// limit. Without it the limit is 10, and counts only items that are made during the iteration: those that the
// source had all along cost nothing more.
func Limit(n int) Option { return option(func(c *config) { c.limit = &n }) }

// KeepUnfinished leaves alone what is not done when an iteration, or Collect, ends early.
func KeepUnfinished() Option { return option(func(c *config) { c.keep = true }) }

// Workers sets how many calls of Resolve and Collect may be in progress at a time: 1024 unless set.
func Workers(n int) Option { return option(func(c *config) { c.workers = n }) }

// Greediness sets how many results of Resolve may be there and not taken yet before it starts no more calls;
// 0, the default, is no limit.
func Greediness(n int) Option { return option(func(c *config) { c.greediness = n }) }

const (
	defaultLimit         = 10 // as many as a caller keeps idle workers
	defaultWorkers       = 1024
	defaultCancelTimeout = 10 * time.Second
)

func newConfig(opts []Option) (config, error) {
	c := config{cancelTimeout: defaultCancelTimeout, workers: defaultWorkers}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	switch {
	case !c.mode.valid():
		return c, fmt.Errorf("%w: WithMode(%d): use one of IgnoreCancelled, CancelAndReport, CancelQuietly and ReportCancelled", ErrInvalid, c.mode)
	case c.timeout != nil && *c.timeout < 0:
		return c, fmt.Errorf("%w: WithTimeout(%v): leave it out for no timeout", ErrInvalid, *c.timeout)
	case c.cancelTimeout < 0:
		return c, fmt.Errorf("%w: WithCancelTimeout(%v): use 0 to not wait at all", ErrInvalid, c.cancelTimeout)
	case c.limit != nil && *c.limit < 0:
		return c, fmt.Errorf("%w: Limit(%d): use 0 for no limit", ErrInvalid, *c.limit)
	case c.workers < 1:
		return c, fmt.Errorf("%w: Workers(%d): at least one is needed", ErrInvalid, c.workers)
	case c.greediness < 0:
		return c, fmt.Errorf("%w: Greediness(%d): use 0 for no limit", ErrInvalid, c.greediness)
	}
	return c, nil
}
