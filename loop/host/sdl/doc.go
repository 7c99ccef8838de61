// Package sdl lets callers live in the event loop of SDL 3, through github.com/Zyko0/go-sdl3, which needs no cgo.
//
// The caller owns the thread and sleeps in SDL_WaitEventTimeout: timers of the caller set its timeout, calls wake
// it with an event that SDL_PushEvent queues, and what is queued goes to the program's handler. The program loads
// the library, from the binary that go-sdl3 brings along or from a path:
//
//	defer binsdl.Load().Unload() // or sdl.LoadLibrary(sdl.Path())
//	h := host.NewHost(handle) // of this package, imported as host
//	err := mainthread.Run(body, caller.WithHost(h))
//
// binsdl.Load also takes the signals SIGINT, SIGTERM and SIGQUIT for itself, so that kill and Ctrl-C no longer end the
// program. Function signal.Reset, called afterwards, gives them back.
//
// # Handlers
//
// The handler runs on the caller's thread between calls. A wait in it fails with loop.ErrCannotSuspend: hand the
// waiting part over with CallSoon. Calls yield to events, and events to calls, after 8 ms and what has begun by then.
//
// # Threads
//
// SDL wants video on the process's main thread, so a host with sdl.INIT_VIDEO refuses other ones with
// ErrNotMainThread, on every platform. Without video, and with the drivers that have no screen ("dummy",
// "offscreen", if SDL_VIDEO_DRIVER names nothing else), any thread will do. SDL has one event queue in a process,
// so there is one host at a time.
//
// # Sleep
//
// SDL sleeps natively while there is a window on a screen. Without one it would look for events every millisecond, so
// the host sleeps in its place: calls, and events that are pushed on whatever thread, wake it, and SDL looks ten times
// a second for what it has to find by itself. While joysticks, sensors or cameras are initialised SDL does look every
// millisecond, which takes about 2 % of a core. It counts in milliseconds, too: timers of the caller are up to one
// late.
//
// # What is left to it
//
// The host queues events of the type sdl.EVENT_LAST - 1, the last one that SDL_RegisterEvents would give away. An
// event filter has to let them pass. The handler does not see them.
//
// The module asks for a purego that is newer than go-sdl3's: with older ones a program built with cgo crashes when a
// caller's thread ends (golang/go#80723).
package sdl
