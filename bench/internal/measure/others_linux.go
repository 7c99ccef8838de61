package measure

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// othersTime returns the processor time that everybody but this process and the children it has waited
// for has taken so far, on all CPUs together.
func othersTime() (time.Duration, bool) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	// In hundredths of a second; what comes after steal is contained in user and nice.
	var user, nice, system, idle, iowait, irq, softirq, steal int64
	if _, err := fmt.Sscanf(string(stat), "cpu %d %d %d %d %d %d %d %d",
		&user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal); err != nil {
		return 0, false
	}
	busy := time.Duration(user+nice+system+irq+softirq+steal) * 10 * time.Millisecond
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if err := unix.Getrusage(who, &u); err != nil {
			return 0, false
		}
		busy -= time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return busy, true
}
