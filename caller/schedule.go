package caller

import (
	"context"
	"time"

	"github.com/pinion-go/pinion/pending"
)

// CallOption configures one call. Of two that say the same thing differently, the later one holds.
type CallOption interface{ applyCall(*callConfig) }

type callConfig struct {
	delay    time.Duration
	where    where
	backend  Backend // where named
	options  []pending.Option
	trackers []pending.Tracker // nil: those of the context
}

// where is what runs a call.
type where int

const (
	unsaid where = iota // by the caller's own backend
	named               // by a backend
	onThread
	asGuest
	inWorker
)

type callOption func(*callConfig)

func (o callOption) applyCall(c *callConfig) { o(c) }

// Delay makes the call a CallLater. The time passes on the caller's thread, also for calls that run elsewhere.
func Delay(d time.Duration) CallOption { return callOption(func(c *callConfig) { c.delay = d }) }

// Metadata attaches a value to the call's Pending.
func Metadata(key string, value any) CallOption {
	return callOption(func(c *callConfig) {
		c.options = append(c.options, pending.WithMetadata(key, value))
	})
}

// Protected keeps the call from being cancelled when a wait for it is given up.
func Protected() CallOption {
	return callOption(func(c *callConfig) { c.options = append(c.options, pending.WithProtection()) })
}

// On makes the call a CallUsingBackend.
func On(b Backend) CallOption {
	return callOption(func(c *callConfig) { c.where, c.backend = named, b })
}

// InWorker makes the call a ToThread.
func InWorker() CallOption { return callOption(func(c *callConfig) { c.where = inWorker }) }

// TrackedBy makes exactly these trackers active for the call and what it starts, in place of those of the
// context; without any, nobody tracks them.
func TrackedBy(trackers ...pending.Tracker) CallOption {
	return callOption(func(c *callConfig) { c.trackers = append([]pending.Tracker{}, trackers...) })
}

// ScheduleCall is CallSoon with options.
func ScheduleCall[T any](ctx context.Context, c *Caller, fn func(context.Context) (T, error), opts ...CallOption) *pending.Pending[T] {
	var cfg callConfig
	for _, o := range opts {
		if o != nil {
			o.applyCall(&cfg)
		}
	}
	return schedule(ctx, c, cfg, fn)
}

// schedule is what all the ways of handing over a call with a Pending come to.
func schedule[T any](ctx context.Context, c *Caller, cfg callConfig, fn func(context.Context) (T, error)) *pending.Pending[T] {
	if cfg.trackers != nil {
		ctx = pending.WithTrackers(ctx, cfg.trackers...)
	}
	where, err := c.choose(cfg.where, cfg.backend)
	if err != nil {
		p := pending.New[T](ctx, cfg.options...)
		p.SetError(err)
		return p
	}
	if where == onThread {
		return pending.Submit(ctx, c.loop, cfg.delay, fn, cfg.options...)
	}
	var place *pending.Place
	if where == inWorker {
		place = &c.workers.waiting
	}
	p, t := pending.Prepare(ctx, c.loop, place, fn, cfg.options...)
	switch {
	case t.Over():
	case cfg.delay > 0:
		t.Later(c.loop, cfg.delay, func(t *pending.Prepared) { c.handOver(t, where) })
	default:
		c.handOver(t, where)
	}
	return p
}

// choose settles what runs a call.
func (c *Caller) choose(where where, b Backend) (where, error) {
	if c == nil {
		return where, ErrNoCaller
	}
	switch where {
	case unsaid:
		b = c.backend
	case inWorker:
		return where, nil
	}
	if b == Thread {
		return onThread, nil
	}
	return asGuest, b.valid()
}

func (c *Caller) handOver(t *pending.Prepared, where where) {
	if where == inWorker {
		c.workers.submit(t, false)
	} else {
		c.addGuest(t)
	}
}
