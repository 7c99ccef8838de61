package callertest

import (
	"context"
	"testing"

	"github.com/pinion-go/pinion/caller"
)

// AssertSuspends fails the test unless fn gives up the thread that it is called on: it runs fn as a call
// on a caller of its own, and other work has to get its turn before fn returns. It reports whether it did.
// The test ends if fn does not return. A wait for what is there already does not suspend; where another
// thread may be quick enough for that, make it wait for time in a bubble.
func AssertSuspends(t testing.TB, fn func(ctx context.Context)) bool {
	t.Helper()
	if !suspends(t, fn) {
		t.Errorf("callertest: the function kept the thread from beginning to end")
		return false
	}
	return true
}

// AssertDoesNotSuspend fails the test if fn gives up the thread that it is called on: when it does not, no
// other call of the same caller runs between fn's beginning and its end. It reports whether it did not.
// The test ends if fn does not return.
func AssertDoesNotSuspend(t testing.TB, fn func(ctx context.Context)) bool {
	t.Helper()
	if suspends(t, fn) {
		t.Errorf("callertest: the function gave up the thread")
		return false
	}
	return true
}

// suspends has a witness wait for the thread while fn runs. A due timer makes the best witness: in the turn
// after the one in which fn is suspended it comes before everything, the resumption of fn included.
func suspends(t testing.TB, fn func(context.Context)) (gaveUp bool) {
	t.Helper()
	c, err := caller.New(context.Background(), caller.WithName(t.Name()))
	if err != nil {
		t.Fatalf("callertest: no caller: %v", err)
	}
	defer func() { _ = c.Close() }()
	call := caller.CallSoon(context.Background(), c, func(ctx context.Context) (bool, error) {
		witness := false
		if _, err := c.Loop().PostDelayed(0, func() { witness = true }); err != nil {
			return false, err
		}
		fn(ctx)
		return witness, nil
	})
	gaveUp, err = call.Wait(context.Background())
	if err != nil {
		t.Fatalf("callertest: the function did not return: %v", err)
	}
	return gaveUp
}
