package callertest

import (
	"context"
	"testing"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/registry"
)

// New makes a caller, named after the test unless opts say otherwise. When the test ends, and unless the
// caller has been stopped by then, the test fails for calls that it, or a child of it, has accepted and not
// ended, delayed ones included. Then the caller is closed; the test fails if its host fails, and if one of
// its children is left over. New has to be called on the test's own goroutine, and ends the test when
// there is no caller to be had.
func New(t testing.TB, opts ...caller.Option) *caller.Caller {
	t.Helper()
	c, err := caller.New(context.Background(), append([]caller.Option{caller.WithName(t.Name())}, opts...)...)
	if err != nil {
		t.Fatalf("callertest: no caller: %v", err)
	}
	t.Cleanup(func() {
		t.Helper()
		finish(t, c)
	})
	return c
}

// finish is the end of a test's caller.
func finish(t testing.TB, c *caller.Caller) {
	t.Helper()
	family := withDescendants(c, nil)
	for _, member := range family {
		reportPending(t, member)
	}
	if err := c.Close(); err != nil {
		t.Errorf("callertest: closing %v: %v", c, err)
	}
	for _, member := range family {
		if _, left := registry.Lookup(member.ID()); left {
			t.Errorf("callertest: %v is left over", member)
		}
	}
}

func withDescendants(c *caller.Caller, into []*caller.Caller) []*caller.Caller {
	into = append(into, c)
	for _, child := range c.Children() {
		into = withDescendants(child, into)
	}
	return into
}

// reportPending fails the test if c has calls that have not ended.
func reportPending(t testing.TB, c *caller.Caller) {
	t.Helper()
	if !c.Running() {
		return
	}
	// What is merely on its way gets its turn first. An error means that c stops, or is full, and the
	// numbers tell the rest.
	_ = c.Do(context.Background(), func() {})
	if !c.Running() {
		return
	}
	if s := c.Stats(); s.QueueDepth > 0 || s.Suspended > 0 || s.Timers > 0 {
		t.Errorf("callertest: calls are still pending on %v: %d queued, %d suspended, %d timers (sleeping calls among them)",
			c, s.QueueDepth, s.Suspended, s.Timers)
	}
}
