// Package callertest helps to test code that works with callers.
//
// New gives a test a caller of its own. When the test ends the caller is closed, and the test fails if
// calls on it, or on its children, are still pending then:
//
//	func TestPrice(t *testing.T) {
//		c := callertest.New(t)
//		price, err := caller.CallSoon(t.Context(), c, computePrice).Wait(t.Context())
//		…
//	}
//
// AssertSuspends and AssertDoesNotSuspend prove that a function does or does not give up the thread it is
// called on, which is what decides whether other calls of a caller can run in the middle of it.
//
// Everything here also works inside a testing/synctest bubble, which is the place to test what takes time:
// in a bubble an hour passes at once, and the bubble itself fails the test when a goroutine is left over.
// A caller has to be made in the bubble in which it is used, with the T of that bubble.
package callertest
