//go:build unix

package looptest

import (
	"syscall"
	"time"
)

// processor is what this process has used, and how often one of its threads has gone to sleep.
func processor() (used time.Duration, sleeps int64, ok bool) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), int64(u.Nvcsw), err == nil
}
