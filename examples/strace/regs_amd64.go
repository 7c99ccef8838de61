//go:build linux

package main

import "golang.org/x/sys/unix"

// userCS32 is the code segment of 32-bit code, whose calls have numbers of
// their own.
const userCS32 = 0x23

func readRegs(pid int) (registers, error) {
	var r unix.PtraceRegsAmd64
	if err := unix.PtraceGetRegsAmd64(pid, &r); err != nil {
		return registers{}, err
	}
	regs := registers{
		nr:   int(int32(r.Orig_rax)),
		args: [6]uint64{r.Rdi, r.Rsi, r.Rdx, r.R10, r.R8, r.R9},
		ret:  int64(r.Rax),
	}
	if r.Cs == userCS32 {
		regs.compat = true
		regs.args = [6]uint64{r.Rbx, r.Rcx, r.Rdx, r.Rsi, r.Rdi, r.Rbp}
		regs.ret = int64(int32(r.Rax))
	}
	return regs, nil
}
