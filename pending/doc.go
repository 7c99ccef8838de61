// Package pending has results to come: a [Pending] is what a call that has been handed over gives back at
// once, and where its outcome can be waited for, cancelled or observed.
//
// # Use
//
//	p := caller.CallSoon(ctx, c, compute)
//	v, err := p.Wait(ctx)
//
// Calls on a caller come with their Pending. [New] makes one that anybody may end with SetResult or
// SetError; [Go] starts a goroutine whose outcome it is. [Handle] is a Pending without the type of its
// value, for code that collects them. [Submit] and [Open] are the way in for packages that have a loop.
//
// # States
//
//	running ── SetResult, SetError ──────────────▶ done (✓, ✗)
//	   └────── Cancel, nothing to ask ───────────▶ done, cancelled (⛔)
//	   └────── Cancel, a function or canceller ──▶ cancelled (✋) ── it returns ──▶ done, cancelled
//
// The first outcome stays. Once cancelled, always cancelled: a value that arrives later is dropped.
//
// # Concurrency properties
//
//   - Every method may be called from any goroutine. Only Wait, WaitDone and CancelWait wait: on a caller's
//     thread they suspend the call, elsewhere they block the goroutine.
//   - Callbacks and waiters are served once each, in the order in which they came, by the goroutine that
//     finishes the Pending. A callback added when all have been served runs at once where it is added.
//   - What happened before the outcome was set happened before a wait for it returns.
//   - A wait that is given up, because its context ends, cancels what it waited for. [Protect] and
//     [WithProtection] prevent that; [Shield] makes a wait go on.
//   - Cancel in one goroutine and an outcome in another: one of them is first, and everybody sees the same.
//
// # What is expected of your functions
//
// A function that is cancelled while it runs finds its context ended; it is done when it has returned.
// The context of a call is good for as long as somebody holds it, also when the function has returned. Hold the
// context, not only its channel, to be told of its end after that.
//
// Callbacks should be short: they hold up whoever is served after them. A panic in a callback or canceller
// is logged and does no other harm.
//
// # Tracking
//
// A [Tracker] active in a context is told of every Pending made under it, by functions called with that
// context and by those that they call in turn. [Manager] is one that keeps what is not done; groups are
// another. WithTracker(ctx, nil) opts out.
//
// # Debugging
//
// String shows the state, a number, function and loop of a call, and metadata.
//
// # Testing
//
// Waits are durable in the sense of testing/synctest, so virtual time passes while everybody waits.
package pending
