package loop

import "golang.org/x/sys/unix"

// OSThreadID returns the operating system's number for the thread that it is called on.
func OSThreadID() int { return unix.Gettid() }
