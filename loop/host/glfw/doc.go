// Package glfw lets a caller live on the thread of GLFW 3.3, by way of github.com/go-gl/glfw. It needs cgo and, to
// build on Linux, the headers of OpenGL and X11 (Debian: libgl-dev libx11-dev libxrandr-dev libxinerama-dev
// libxcursor-dev libxi-dev libxxf86vm-dev).
//
// GLFW works on the process's main thread only, so the caller has to as well:
//
//	err := mainthread.Run(func(ctx context.Context, c *caller.Caller) error {
//		window, err := glfw.CreateWindow(640, 480, "title", nil, nil)
//		…
//	}, caller.WithHost(pinionglfw.NewHost()))
//
// The caller sleeps in glfwWaitEvents: its timers set the timeout, calls wake it through glfwPostEmptyEvent, and
// nothing polls. The host calls glfw.Init and glfw.Terminate; every call of the caller's finds GLFW initialised.
// Whatever belongs on the main thread, other goroutines hand over with Do, CallSoon or QueueCall.
//
// # Events
//
// GLFW calls its callbacks between calls, on the caller's thread. They run below C's frames, so a wait in them
// fails with loop.ErrCannotSuspend: hand the waiting part over with CallSoon. A panic in one ends the caller.
// Calls yield to native events after 8 ms and the call that has begun by then. They must not call glfw.WaitEvents,
// which would hold the thread up; glfw.PollEvents does no harm and is not needed.
//
// Closing the window stops the caller, whose calls then unwind, if its callback says so; to let them end by
// themselves, cancel a context of theirs instead:
//
//	window.SetCloseCallback(func(*glfw.Window) { c.Stop(true) })
//
// While the user moves or resizes a window, Windows and macOS keep the thread inside GLFW, and calls wait until
// that is over; a refresh callback can draw meanwhile.
package glfw
