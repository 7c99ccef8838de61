package main

import (
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// startOnOneCPU starts cmd from a thread that is bound to one processor: a process begins with the
// affinity of the thread that forks it.
func startOnOneCPU(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return err
	}
	cpu := 0
	for !all.IsSet(cpu) {
		cpu++
	}
	one.Set(cpu)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return err
	}
	err := cmd.Start()
	if restore := unix.SchedSetaffinity(0, &all); restore != nil {
		panic(restore) // a thread left bound would spoil every figure after this
	}
	return err
}
