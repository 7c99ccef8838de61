package caller_test

import "golang.org/x/sys/unix"

// osThread asks the kernel.
func osThread() int { return unix.Gettid() }
