package group

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// collector gathers Pendings in the order in which they end, for the one that made it.
type collector[P pending.Handle] struct {
	parker *loop.Parker
	own    pending.Handle            // the call that collects, which cannot wait for itself
	counts func(pending.Handle) bool // against a limit

	mu      sync.Mutex
	open    map[pending.Handle]watched
	counted int // of open
	done    []P // that have ended and have not been taken
}

type watched struct {
	remove func() bool // the callback
	counts bool
}

func newCollector[P pending.Handle](ctx context.Context, counts func(pending.Handle) bool) (*collector[P], error) {
	parker, err := loop.Self()
	if err != nil {
		return nil, err
	}
	return &collector[P]{
		parker: parker,
		own:    pending.RunningOn(ctx, parker),
		counts: counts,
		open:   make(map[pending.Handle]watched),
	}, nil
}

// add is watch for an item of the user's.
func (c *collector[P]) add(p P) error {
	err := c.admissible(p)
	if err == nil {
		c.watch(p)
	}
	return err
}

// admissible reports what keeps p from being waited for.
func (c *collector[P]) admissible(p P) error {
	h := pending.Handle(p)
	switch v := reflect.ValueOf(h); {
	case !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil():
		return fmt.Errorf("%w: a nil item", ErrInvalid)
	case h == c.own && c.own != nil:
		return pending.ErrDeadlock
	}
	return nil
}

// watch waits for p from now on; once, however often it is given p.
func (c *collector[P]) watch(p P) {
	c.mu.Lock()
	_, known := c.open[p]
	w := watched{counts: !known && c.counts(p)}
	if !known {
		c.open[p] = w
		if w.counts {
			c.counted++
		}
	}
	c.mu.Unlock()
	if known {
		return
	}
	w.remove = p.AddDoneCallback(func(pending.Handle) { c.ended(p) })
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, still := c.open[p]; still {
		c.open[p] = w
	}
}

func (c *collector[P]) ended(p P) {
	c.mu.Lock()
	if c.open[p].counts {
		c.counted--
	}
	delete(c.open, p)
	c.done = append(c.done, p)
	c.mu.Unlock()
	c.parker.Unpark()
}

// take returns one that has ended, oldest first, and reports whether there is one. The caller holds mu.
func (c *collector[P]) take() (p P, ok bool) {
	if len(c.done) == 0 {
		return p, false
	}
	p = c.done[0]
	c.done = c.done[1:]
	return p, true
}

// wait waits until that is so. until is called with mu held.
func (c *collector[P]) wait(ctx context.Context, until func() bool) error {
	for {
		c.mu.Lock()
		enough := until()
		c.mu.Unlock()
		if enough {
			return nil
		}
		if err := c.parker.Park(ctx); err != nil {
			return err
		}
	}
}

// leave ends the waiting for what is open, and returns that.
func (c *collector[P]) leave() []pending.Handle {
	c.mu.Lock()
	open := c.open
	c.open = nil
	c.mu.Unlock()
	for _, w := range open {
		if w.remove != nil {
			w.remove()
		}
	}
	return slices.Collect(maps.Keys(open))
}

const iterationEnded = "the iteration over it has ended"
