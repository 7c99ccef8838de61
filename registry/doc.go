// Package registry knows every caller of the process: who it is, whose child it is and how it is doing.
//
// # Use
//
// Callers enter and leave by themselves. [Lookup], [ByThread], [ByName] and [All] find them, [Tree] and
// [Snapshot] show them, [Handler] serves a debug page, [StopAll] stops them at the end of a program:
//
//	http.Handle("/debug/callers", registry.Handler())
//
// # Concurrency properties
//
// All functions may be called from any goroutine. A snapshot is taken entry by entry while the callers go
// on, so its numbers belong to slightly different moments. An [ID] is never used again.
//
// # What is expected of you
//
// Nothing. An implementation of [Entry] of one's own has to answer from any goroutine without waiting.
//
// # Debugging
//
// This package is the means: the debug page shows state, thread, queue depth, suspended calls, timers,
// calls run and the longest call of every caller.
//
// # Testing
//
// All(false) is empty once every caller of a test has been closed; caller/callertest checks that.
package registry
