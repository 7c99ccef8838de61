// Package caller is the face of Pinion. A [Caller] owns one OS thread and runs there what any goroutine hands
// to it; a function that has to wait there is suspended, and the thread goes on with other work.
//
// # Use
//
//	c, err := caller.New(ctx, caller.WithName("gl"))
//	…
//	defer c.Close()
//	p := caller.CallSoon(ctx, c, func(ctx context.Context) (Texture, error) { return load(name) })
//	texture, err := p.Wait(ctx)
//
// How a caller comes about: [New], on a new thread; [Run], on the calling goroutine; mainthread.Run, on the
// process's main thread; [Manual], driven by its owner; (*Caller).Get, as a named child.
//
// How work is handed over: [CallSoon] and [CallLater] give a Pending with a typed result; the methods of the
// same names are for functions without one; CallDirect is the cheapest, without any; Do waits. [QueueCall] is
// for calls that must not overlap: those queued for one queue.Func run one after the other, also when they wait,
// and have one Pending together, which QueueGet returns and QueueClose cancels. What would hold the thread up
// goes elsewhere: [ToThread] uses a pool of worker threads, and [CallUsingBackend] a goroutine as the caller's
// guest. [ScheduleCall] has them all, and options.
//
// Inside a call, [Current] is the caller and [CurrentPending] the call's own Pending.
//
// # Life
//
// Starting, Running, Stopping, Stopped; each but the first has a Pending to wait for. A caller stops when
// Stop or Close is called, when the context of its life ends, when the last Hold is released, and when its
// parent does. Its [StartStop] tasks are asked to stop before anything else ends, and have a second for it.
// Stopping goes from the children up: they, workers included, are stopped first and have stopped before their
// parent does, and so have its guests. From the moment stop is requested every new call is refused; what had
// been accepted ends with a result, an error or a cancellation; deferred functions of suspended calls run on
// their own thread.
//
// # Concurrency properties
//
//   - All methods may be called from any goroutine, before start and after stop; those that wait say so.
//   - Calls handed over by one goroutine start in its order, CallSoon, CallDirect, QueueCall and Do alike; a
//     QueueCall whose turn comes while another of its queue is in progress starts when that has returned.
//   - Between two waits a call has the thread to itself.
//   - Waiting never deadlocks by itself: not for one's own caller, nor for a caller that waits for us, nor
//     for a child. A call that waits for its own result gets pending.ErrDeadlock.
//
// # What is expected of your functions
//
// What package loop says. Besides, a function that is cancelled, or whose caller stops, finds its context
// ended and its waits failing, and should return.
//
// # Debugging
//
// String, Stats and Info of a caller; registry.Tree and the debug page for all of them; the watchdog's
// warnings. Log lines go to standard error unless WithLogger says otherwise.
//
// # Testing
//
// Package callertest makes callers that clean up after a test and report what it has left behind. Time is
// virtual in a testing/synctest bubble. t.FailNow inside a call ends that call with pending.ErrGoexit.
package caller
