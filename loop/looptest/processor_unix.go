//go:build unix

package looptest

import (
	"syscall"
	"time"
)

// processorTime is what this process has used.
func processorTime() (used time.Duration, ok bool) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err == nil
}
