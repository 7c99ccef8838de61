package pending

import (
	"context"
)

// Handle is a Pending without the type of its value. Its methods may be called from any goroutine, also inside
// calls; only WaitDone waits.
type Handle interface {
	// Done returns a channel that is closed once there is an outcome.
	Done() <-chan struct{}
	// IsDone reports whether there is an outcome.
	IsDone() bool
	// Cancelled reports whether it has been cancelled, which may be before it is done.
	Cancelled() bool
	// Cancel cancels it, or asks what runs to end, without waiting for that. It reports false when there was an
	// outcome already. It may call a canceller and the callbacks.
	Cancel(msg string) bool
	// Err returns the outcome's error: nil after a result, ErrNotDone while there is no outcome.
	Err() error
	// WaitDone waits until there is an outcome, on a loop's thread by suspending the call. When ctx ends first, or
	// the loop of the call stops, the wait is given up, and what is waited for is cancelled unless it is protected.
	WaitDone(ctx context.Context, opts ...WaitOption) error
	// AddDoneCallback has fn called once there is an outcome, on the goroutine that sets it; at once, if there is
	// one. remove takes fn back and reports whether it did so in time.
	AddDoneCallback(fn func(Handle)) (remove func() bool)
	// Metadata returns a copy of what WithMetadata attached.
	Metadata() map[string]any
	// Context returns the context that it was made with.
	Context() context.Context
	// String shows state, number, the function of a call, and metadata.
	String() string
}

// Pending is one result to come: a value of type T or an error. Make one with New, or get one from a
// function that starts work. All methods may be called from any goroutine.
type Pending[T any] struct {
	core
	value T // set before flagDone
}

// Option configures a new Pending.
type Option func(*core)

// WithMetadata attaches a value for others to find.
func WithMetadata(key string, value any) Option {
	return func(p *core) {
		if p.metadata == nil {
			p.metadata = make(map[string]any)
		}
		p.metadata[key] = value
	}
}

// Untracked keeps the Pending from the trackers of its context. What its call starts in turn is told to them as
// ever. It is for those who deal with the Pending themselves.
func Untracked() Option { return func(p *core) { p.untracked = true } }

// WithProtection keeps the Pending from being cancelled when a wait for it is given up. Cancel still
// cancels it.
func WithProtection() Option { return func(p *core) { p.protected = true } }

// New makes a Pending that somebody will end with SetResult, SetError or Cancel. It joins the trackers
// active in ctx, from which it takes nothing else: the end of ctx does not end it.
func New[T any](ctx context.Context, opts ...Option) *Pending[T] {
	p := new(Pending[T])
	p.init(ctx, p, opts)
	p.track(ctx)
	return p
}

func (p *core) init(ctx context.Context, self Handle, opts []Option) {
	if ctx == nil {
		ctx = context.Background()
	}
	p.ctx, p.self, p.era = ctx, self, eras.Load()
	for _, o := range opts {
		if o != nil {
			o(p)
		}
	}
}

// SetResult ends p with v and reports whether it did: the first outcome stays, and a cancelled Pending
// ends as cancelled. It may be called from anywhere; it runs the callbacks.
func (p *Pending[T]) SetResult(v T) bool {
	return p.settle(func() { p.value = v }, nil)
}

// Wait waits as WaitDone does and returns the outcome. The error is the outcome's or that of the wait.
func (p *Pending[T]) Wait(ctx context.Context, opts ...WaitOption) (T, error) {
	if err := p.WaitDone(ctx, opts...); err != nil {
		var zero T
		return zero, err
	}
	return p.outcome()
}

// Result returns the outcome, or ErrNotDone. It may be called from anywhere and does not wait.
func (p *Pending[T]) Result() (T, error) {
	if !p.IsDone() {
		var zero T
		return zero, ErrNotDone
	}
	return p.outcome()
}

// outcome is read without the lock: nothing changes it once p is done.
func (p *Pending[T]) outcome() (T, error) { return p.value, p.err }
