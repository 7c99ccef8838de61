// Package loop runs functions on one pinned OS thread, and lets each of them wait without holding the
// thread up.
//
// # Use
//
// Programs mostly use package caller, whose callers own a loop each. By itself:
//
//	l := loop.New(loop.WithName("gl"))
//	go l.Run(ctx)
//	l.Post(func() { … })         // fire and forget
//	err := l.Do(ctx, func() { … }) // and wait
//
// Inside a function that the loop runs, [Sleep], [Yield], [Receive], [Block] and the waits of package
// pending suspend the function: its frames are set aside, the thread goes on with other work, and when
// the wait is over the function goes on, on the same thread. A hundred thousand functions may be suspended
// at once. One that does not wait costs no switch.
//
// A loop is driven by Run, which pins the calling goroutine; or by its owner, who calls RunPending; or as a
// guest by a toolkit that keeps the thread ([WithGuest]). With a [Host] it sleeps in a toolkit's own wait.
//
// # One turn
//
//  1. Timers that are due run, by time and then by submission.
//  2. Suspended functions whose wait is over go on, in the order in which that happened.
//  3. What has been handed over runs, in the order in which it arrived.
//
// Each stage runs at most 64 functions in a turn, fewer when they are slow, so a flood in one starves
// neither of the others. When nothing is left, the loop sleeps until something arrives or a timer is due.
//
// # Concurrency properties
//
//   - Functions handed over by one goroutine start in its order.
//   - All functions of a loop run on its thread, one at a time. Between two waits a function has the thread
//     to itself: what only one loop's functions touch needs no lock. Across a wait others may have run.
//   - What happened before a function was handed over happened before it runs; what it did happened before
//     Do returns.
//   - A timer is never early; equal times run in the order of submission.
//   - Everything accepted ends: it runs, or it is dropped by Stop, and Do says which.
//
// Nothing is promised about the order between goroutines, or between timers and what arrives.
//
// # What is expected of your functions
//
// They may do as they like, with these limits:
//
//   - Blocking the thread (a mutex, a channel, a C call) is your right and stops everything else there; the
//     watchdog warns after [WithSlowCall]. Use Receive and Block where you can.
//   - A wait inside a C-to-Go callback, or in a native event handler of a Host, is [ErrCannotSuspend].
//   - A function that calls runtime.LockOSThread or UnlockOSThread has to undo that before it waits or returns,
//     or the Go runtime ends the process ("coro: OS thread locking must match", golang/go#67499). There is no
//     reason to: the thread is pinned. Likewise the goroutine that drives a manual loop, from one RunPending
//     to the next.
//   - A panic becomes a [PanicError], runtime.Goexit (t.FailNow!) becomes [ErrGoexit]; the loop goes on.
//   - Do not hold a lock across a wait unless no other function of the loop takes it.
//
// # Debugging
//
// Stats counts. The watchdog logs the stack of a call that holds the thread. While runtime/trace is on, each
// call is a region under the loop's name; profiles carry the labels "caller", the name, and "loop", a number.
//
// # Testing
//
// Loops work in testing/synctest bubbles: make, run and stop them inside. A loop that is not stopped is
// reported when the bubble ends. Package looptest is the suite that every driver and host has to pass.
package loop
