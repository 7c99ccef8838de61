//go:build linux

package main

import "golang.org/x/sys/unix"

const ntPrstatus = 1 // the general-purpose registers

func readRegs(pid int) (registers, error) {
	var r unix.PtraceRegsArm64
	if err := unix.PtraceGetRegSetArm64(pid, ntPrstatus, &r); err != nil {
		return registers{}, err
	}
	return registers{
		nr:   int(int32(r.Regs[8])),
		args: [6]uint64(r.Regs[:6]),
		ret:  int64(r.Regs[0]), // the first argument until the call returns
		// The register set of a 32-bit program is shorter and leaves this zero.
		compat: r.Pc == 0,
	}, nil
}
