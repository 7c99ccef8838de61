package loop

import "golang.org/x/sys/windows"

// OSThreadID returns the operating system's number for the thread that it is called on.
func OSThreadID() int { return int(windows.GetCurrentThreadId()) }
