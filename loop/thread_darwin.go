package loop

import "golang.org/x/sys/unix"

// OSThreadID returns the operating system's number for the thread that it is called on.
func OSThreadID() int {
	id, _, _ := unix.Syscall(unix.SYS_THREAD_SELFID, 0, 0, 0)
	return int(id)
}
