//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"errors"
	"strconv"
	"syscall"

	"github.com/pinion-go/pinion/loop"
	"golang.org/x/sys/unix"
)

// registers is what a stop at a system call needs of them.
type registers struct {
	nr     int
	args   [6]uint64
	ret    int64
	compat bool // 32-bit program: nr means something else
}

// ptrace makes the requests for which golang.org/x/sys/unix has no function
// with all the arguments.
func ptrace(request, pid int, data uintptr) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(pid), 0, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// gone forgives that the tracee was killed while it was stopped, which can
// happen any time: the next wait reports it.
func gone(err error) error {
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	return err
}

// readMemory returns how many bytes it could read.
func readMemory(pid int) memory {
	return func(addr uint64, buf []byte) int {
		n, _ := unix.PtracePeekData(pid, uintptr(addr), buf)
		return n
	}
}

type stop struct {
	pid    int
	status unix.WaitStatus
}

// nextStop waits for any tracee. Waiting, unlike ptrace, may be done by any
// thread of the process, so it is done on another and the tracing thread stays
// free meanwhile.
func nextStop(ctx context.Context) (stop, error) {
	return loop.Block(ctx, func(context.Context) (stop, error) { return wait(-1) })
}

func wait(pid int) (stop, error) {
	for {
		var s stop
		var err error
		s.pid, err = unix.Wait4(pid, &s.status, unix.WALL, nil)
		if err != unix.EINTR {
			return s, err
		}
	}
}

func signalName(sig syscall.Signal) string {
	if name := unix.SignalName(sig); name != "" {
		return name
	}
	return "SIGRT_" + strconv.Itoa(int(sig)-32)
}
