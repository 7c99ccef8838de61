package caller

import (
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/pinion-go/pinion/loop"
)

var (
	// ErrInvalid is returned for options that make no sense.
	ErrInvalid = errors.New("caller: invalid option")
	// ErrMismatch is returned by Get when the child of that name exists with other properties.
	ErrMismatch = errors.New("caller: exists with other properties")
	// ErrNoCaller is the error of calls that are handed to a nil Caller.
	ErrNoCaller = errors.New("caller: there is no caller; caller.Current returns nil outside of calls")
	// ErrNotMainThread is returned by mainthread.Run elsewhere.
	ErrNotMainThread = errors.New("caller: not on the process's main thread")
)

// Option configures a Caller. A child, whether Get has made it or WithParent made it one, takes its parent's logger,
// polling, backend and limits, those of workers among them, unless told otherwise; name, host, guest and protection
// are its own.
type Option interface{ apply(*config) }

type option func(*config)

func (o option) apply(c *config) { o(c) }

// config is what options set. Unset fields keep their zero values, so that a child can take over its
// parent's settings.
type config struct {
	name      string
	parent    *Caller
	thread    bool // it gets a thread of its own
	manual    bool // its owner drives it; it counts as started from the beginning
	protected bool
	host      loop.Host
	guest     func(func())
	log       *zerolog.Logger
	slowCall  *time.Duration
	spin      *time.Duration
	limit     *int

	backend     *Backend
	maxIdle     *int
	idleTimeout *time.Duration
	maxWorkers  *int
	worker      *worker // it is one of its parent's workers
}

// WithName names the caller in logs, traces, profiles and the registry. Names need not be unique.
func WithName(name string) Option { return option(func(c *config) { c.name = name }) }

// WithParent makes the caller a child: it stops before parent does, whatever protects it.
func WithParent(parent *Caller) Option { return option(func(c *config) { c.parent = parent }) }

// WithProtected makes Stop(false) pass the caller by.
func WithProtected() Option { return option(func(c *config) { c.protected = true }) }

// WithHost lets the caller live in a toolkit that waits when it is asked to; see loop.Host. The caller closes
// it; where no caller comes about, because the options or the parent do not allow it, because the context has
// ended before, or because Get finds one, it is left alone.
func WithHost(h loop.Host) Option { return option(func(c *config) { c.host = h }) }

// WithGuest lets the caller live in a toolkit that keeps its thread; see loop.WithGuest.
func WithGuest(run func(func())) Option { return option(func(c *config) { c.guest = run }) }

// WithLogger sets where warnings and errors go: to standard error unless set.
func WithLogger(log zerolog.Logger) Option { return option(func(c *config) { c.log = &log }) }

// WithSlowCall sets how long a call may hold the thread before a warning names it: 100 ms unless set,
// 0 for never.
func WithSlowCall(limit time.Duration) Option {
	return option(func(c *config) { c.slowCall = &limit })
}

// WithSpin limits how long the ends of a round trip poll before they sleep: 50 µs unless set, 0 for
// never. See loop.WithSpin.
func WithSpin(limit time.Duration) Option { return option(func(c *config) { c.spin = &limit }) }

// WithMailboxLimit limits how many calls may be queued; see loop.WithMailboxLimit.
func WithMailboxLimit(n int) Option { return option(func(c *config) { c.limit = &n }) }

// WithBackend sets what CallSoon, CallLater and ScheduleCall use unless told otherwise: Thread unless set. Do,
// CallDirect and the body of Run stay on the thread.
func WithBackend(b Backend) Option { return option(func(c *config) { c.backend = &b }) }

// WithMaxIdleWorkers limits how many workers ToThread keeps for reuse: 10 unless set, 0 for none.
func WithMaxIdleWorkers(n int) Option { return option(func(c *config) { c.maxIdle = &n }) }

// WithIdleTimeout sets how long a worker of ToThread may be idle: 60 s unless set, 0 for ever. It is stopped
// between once and twice that after it became idle.
func WithIdleTimeout(d time.Duration) Option {
	return option(func(c *config) { c.idleTimeout = &d })
}

// WithMaxWorkers limits how many workers ToThread has at a time, those that are being stopped included; the
// calls in excess wait, in the order of submission. 0, the default, is no limit.
func WithMaxWorkers(n int) Option { return option(func(c *config) { c.maxWorkers = &n }) }

func newConfig(opts []Option) (config, error) {
	var c config
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	switch {
	case c.host != nil && c.guest != nil:
		return c, fmt.Errorf("%w: WithHost and WithGuest exclude each other", ErrInvalid)
	case c.slowCall != nil && *c.slowCall < 0:
		return c, fmt.Errorf("%w: WithSlowCall(%v): use 0 for no warnings", ErrInvalid, *c.slowCall)
	case c.spin != nil && *c.spin < 0:
		return c, fmt.Errorf("%w: WithSpin(%v): use 0 to never poll", ErrInvalid, *c.spin)
	case c.limit != nil && *c.limit < 0:
		return c, fmt.Errorf("%w: WithMailboxLimit(%d): use 0 for no limit", ErrInvalid, *c.limit)
	case c.maxIdle != nil && *c.maxIdle < 0:
		return c, fmt.Errorf("%w: WithMaxIdleWorkers(%d): use 0 to keep none", ErrInvalid, *c.maxIdle)
	case c.idleTimeout != nil && *c.idleTimeout < 0:
		return c, fmt.Errorf("%w: WithIdleTimeout(%v): use 0 for no limit", ErrInvalid, *c.idleTimeout)
	case c.maxWorkers != nil && *c.maxWorkers < 0:
		return c, fmt.Errorf("%w: WithMaxWorkers(%d): use 0 for no limit", ErrInvalid, *c.maxWorkers)
	case c.backend != nil:
		return c, c.backend.valid()
	}
	return c, nil
}

// inherit fills in what a child takes from its parent.
func (c *config) inherit(parent *config) {
	c.log = orElse(c.log, parent.log)
	c.slowCall = orElse(c.slowCall, parent.slowCall)
	c.spin = orElse(c.spin, parent.spin)
	c.limit = orElse(c.limit, parent.limit)
	c.backend = orElse(c.backend, parent.backend)
	c.maxIdle = orElse(c.maxIdle, parent.maxIdle)
	c.idleTimeout = orElse(c.idleTimeout, parent.idleTimeout)
	c.maxWorkers = orElse(c.maxWorkers, parent.maxWorkers)
}

func orElse[T any](set, other *T) *T {
	if set != nil {
		return set
	}
	return other
}

// valueOr returns what has been set, or a default.
func valueOr[T any](set *T, value T) T { return *orElse(set, &value) }

// loopOptions are the options of the caller's loop.
func (c *config) loopOptions() []loop.Option {
	opts := []loop.Option{loop.WithName(c.name)}
	if c.thread {
		opts = append(opts, loop.WithOwnThread())
	}
	if c.host != nil {
		opts = append(opts, loop.WithHost(c.host))
	}
	if c.guest != nil {
		opts = append(opts, loop.WithGuest(c.guest))
	}
	if c.log != nil {
		opts = append(opts, loop.WithLogger(*c.log))
	}
	if c.slowCall != nil {
		opts = append(opts, loop.WithSlowCall(*c.slowCall))
	}
	if c.spin != nil {
		opts = append(opts, loop.WithSpin(*c.spin))
	}
	if c.limit != nil {
		opts = append(opts, loop.WithMailboxLimit(*c.limit))
	}
	return opts
}
