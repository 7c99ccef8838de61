package caller

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/puzpuzpuz/xsync/v3"
	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/registry"
)

// Caller owns one OS thread and runs there what is handed to it. Its methods may be called from any
// goroutine unless they say otherwise, also before it has started and after it has stopped. Of a nil Caller,
// which Current returns outside of calls, those that give an error give ErrNoCaller, and so does the Pending of
// those that hand over a call, CallSoon, CallLater and ToThread; of the others only String may be called.
type Caller struct {
	id      registry.ID
	cfg     config
	backend Backend
	loop    *loop.Loop

	started, stopping, stopped *pending.Pending[pending.None]
	leaveContext               func() bool // ends the registration with the context of its life

	getting sync.Mutex                     // makes looking for a child and making it one step
	queues  *xsync.MapOf[uint64, *untyped] // by the Func's id
	recent  atomic.Pointer[untyped]        // the one that was looked up last

	mu        sync.Mutex
	state     State
	children  []*Caller
	guests    map[*pending.Prepared]uintptr // with the numbers of their goroutines
	tasks     []*startStop                  // started and not ended
	protected bool
	holds     int
	err       error // what a host failed with

	toStop     atomic.Int32   // children and guests that have not stopped, and one until all have been told
	othersLeft sync.WaitGroup // guests that have not ended, and workers that hand their calls on
	workers    workers
}

// State is a stage in the life of a Caller. States only move forward.
type State int32

// The states, in order.
const (
	Starting State = iota // accepts calls, runs none yet
	Running
	Stopping // refuses calls; what it has accepted is being ended, children first
	Stopped
)

func (s State) String() string {
	names := [...]string{"starting", "running", "stopping", "stopped"}
	if s < 0 || int(s) >= len(names) {
		return fmt.Sprintf("State(%d)", int32(s))
	}
	return names[s]
}

// create makes a Caller that nobody drives yet. It is in the registry, and its parent's child.
func create(ctx context.Context, cfg config) (*Caller, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := &Caller{id: registry.NextID(), protected: cfg.protected, queues: xsync.NewMapOf[uint64, *untyped]()}
	if parent := cfg.parent; parent != nil {
		cfg.inherit(&parent.cfg)
		if cfg.name == "" {
			cfg.name = fmt.Sprintf("%s/%d", parent.Name(), c.id)
		}
	} else if cfg.name == "" {
		cfg.name = fmt.Sprintf("caller-%d", c.id)
	}
	c.cfg = cfg
	c.backend = valueOr(cfg.backend, Thread)
	c.workers.init(c)
	started := c.onStarted
	if cfg.manual {
		started = nil
	}
	c.loop = loop.New(append(cfg.loopOptions(), loop.WithOwner(c), loop.WithHooks(started, c.onStopped))...)
	own := context.WithValue(context.Background(), loop.ContextKey{}, c.loop)
	c.started = pending.New[pending.None](own, pending.WithProtection())
	c.stopping = pending.New[pending.None](own, pending.WithProtection())
	c.stopped = pending.New[pending.None](own, pending.WithProtection())
	registry.Register(c)
	if err := c.cfg.parent.adopt(c); err != nil {
		registry.Unregister(c.id)
		return nil, err
	}
	leave := context.AfterFunc(ctx, func() { c.Stop(true) })
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == Stopped {
		leave()
	}
	c.leaveContext = leave
	return c, nil
}

// adopt makes child a child of c, which may be nil.
func (c *Caller) adopt(child *Caller) error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state >= Stopping {
		return fmt.Errorf("caller %q is %v and takes no children: %w", c.Name(), c.state, loop.ErrStopped)
	}
	c.children = append(c.children, child)
	return nil
}

// onStarted is called on the loop's thread.
func (c *Caller) onStarted() {
	c.mu.Lock()
	starts := c.state == Starting
	if starts {
		c.state = Running
	}
	c.mu.Unlock()
	if starts {
		c.started.SetResult(pending.None{})
	}
}

// onStopped is called when nothing of the loop runs any more. Each step is taken even if a callback of the
// one before calls runtime.Goexit.
func (c *Caller) onStopped(err error) {
	defer c.stopped.SetResult(pending.None{})
	if k := c.cfg.worker; k != nil {
		defer k.lost()
	}
	defer c.leave(err)
	defer c.started.Cancel("stopped before it started")
	if err != nil {
		defer c.started.SetError(err)
	}
	defer c.awaitOthers() // if a host has failed, they have not been stopped before
	defer c.stopping.SetResult(pending.None{})
	c.Stop(true)
}

// awaitOthers waits for guests and children, and for calls that are changing hands.
func (c *Caller) awaitOthers() {
	c.othersLeft.Wait()
	for _, child := range c.Children() {
		_ = child.stopped.WaitDone(context.Background())
	}
}

// leave takes c out of everything that knows it.
func (c *Caller) leave(err error) {
	registry.Unregister(c.id)
	if parent := c.cfg.parent; parent != nil {
		parent.mu.Lock()
		parent.children = slices.DeleteFunc(parent.children, func(o *Caller) bool { return o == c })
		parent.mu.Unlock()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state, c.err = Stopped, err
	if c.leaveContext != nil {
		c.leaveContext()
	}
}

// ID returns the caller's number, which no other caller ever gets.
func (c *Caller) ID() registry.ID { return c.id }

// Name returns the caller's name.
func (c *Caller) Name() string { return c.cfg.name }

// ThreadID returns the operating system's number for the caller's thread; 0 while it has none.
func (c *Caller) ThreadID() int { return c.loop.ThreadID() }

// Parent returns the caller that this one is a child of, or nil.
func (c *Caller) Parent() *Caller { return c.cfg.parent }

// ParentID returns Parent's ID, or 0.
func (c *Caller) ParentID() registry.ID {
	if c.cfg.parent == nil {
		return 0
	}
	return c.cfg.parent.id
}

// Children returns the children that have not stopped, oldest first.
func (c *Caller) Children() []*Caller {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.children)
}

// Loop returns the caller's loop.
func (c *Caller) Loop() *loop.Loop { return c.loop }

// State returns where in its life the caller is.
func (c *Caller) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// Running reports whether the state is Running.
func (c *Caller) Running() bool { return c.State() == Running }

// Started is done when the caller runs. If it cannot start, because its host fails or because it is
// stopped before, that is its error. A wait for it that is given up leaves it alone, as with Stopping
// and Stopped.
func (c *Caller) Started() *pending.Pending[pending.None] { return c.started }

// Stopping is done when the caller has been told to stop.
func (c *Caller) Stopping() *pending.Pending[pending.None] { return c.stopping }

// Stopped is done when nothing of the caller runs any more. The thread itself ends a moment later.
func (c *Caller) Stopped() *pending.Pending[pending.None] { return c.stopped }

// Info returns what the registry shows of the caller.
func (c *Caller) Info() registry.Info {
	stats := c.loop.Stats()
	return registry.Info{
		ID:          c.id,
		Parent:      c.ParentID(),
		Name:        c.Name(),
		State:       c.State().String(),
		ThreadID:    stats.ThreadID,
		QueueDepth:  stats.QueueDepth,
		Suspended:   stats.Suspended,
		Timers:      stats.Timers,
		CallsRun:    stats.CallsRun,
		LongestCall: stats.LongestCall,
		Protected:   c.Protected(),
	}
}

// Stats returns the counters of the caller's loop.
func (c *Caller) Stats() loop.Stats { return c.loop.Stats() }
