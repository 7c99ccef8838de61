//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

var (
	statOut = out(deref(func(st unix.Stat_t) string {
		kind := st.Mode & unix.S_IFMT
		name := fileTypes[kind]
		if name == "" {
			name = fmt.Sprintf("%#o", kind)
		}
		return fmt.Sprintf("{st_mode=%s|%04o, st_size=%d, ...}", name, st.Mode&^unix.S_IFMT, st.Size)
	}))
	timespec     = in(deref(showTimespec))
	timespecOut  = out(deref(showTimespec))
	rlimit       = in(deref(showRlimit))
	rlimitOut    = out(deref(showRlimit))
	sigset       = in(deref(showSigset))
	sigsetOut    = out(deref(showSigset))
	sigaction    = in(deref(showSigaction))
	sigactionOut = out(deref(showSigaction))
	fdPair       = out(deref(func(p [2]int32) string { return fmt.Sprintf("[%d, %d]", p[0], p[1]) }))
	int32Out     = out(deref(func(v int32) string { return fmt.Sprintf("[%d]", v) }))

	// waitStatus is filled in only if a process is reported.
	waitStatus = out(func(c *call, v uint64) string {
		status, ok := load[int32](c, v)
		if !ok || c.ret == 0 {
			return pointer(v)
		}
		return "[" + showWaitStatus(unix.WaitStatus(status)) + "]"
	})

	// cloneArgs is the structure of clone3; its length is the next argument.
	cloneArgs = in(deref(func(a [8]uint64) string {
		const flags, exitSignal, stack, stackSize = 0, 4, 5, 6
		return fmt.Sprintf("{flags=%s, exit_signal=%s, stack=%s, stack_size=%#x, ...}",
			cloneFlags.value(&call{}, a[flags]), sig.value(&call{}, a[exitSignal]), pointer(a[stack]), a[stackSize])
	}))

	// sockaddr has its length in the next argument, sockaddrOut a pointer to it.
	sockaddr = param{text: func(c *call, i int) string { return showSockaddr(c, c.args[i], c.args[i+1]) }}

	sockaddrOut = param{out: true, text: func(c *call, i int) string {
		length, ok := load[uint32](c, c.args[i+1])
		if c.errno() != 0 || !c.returned || !ok {
			return pointer(c.args[i])
		}
		return showSockaddr(c, c.args[i], uint64(length))
	}}

	// iovec has its count in the next argument.
	iovec = param{text: func(c *call, i int) string {
		const maxCount = 8
		count := c.args[i+1]
		var parts []string
		for k := range min(count, maxCount) {
			v, ok := load[[2]uint64](c, c.args[i]+16*k)
			if !ok {
				return pointer(c.args[i])
			}
			parts = append(parts, fmt.Sprintf("{iov_base=%s, iov_len=%d}", data(c, v[0], v[1]), v[1]))
		}
		if count > maxCount {
			parts = append(parts, "...")
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}}
)

var fileTypes = map[uint32]string{
	unix.S_IFREG: "S_IFREG", unix.S_IFDIR: "S_IFDIR", unix.S_IFCHR: "S_IFCHR", unix.S_IFBLK: "S_IFBLK",
	unix.S_IFIFO: "S_IFIFO", unix.S_IFLNK: "S_IFLNK", unix.S_IFSOCK: "S_IFSOCK",
}

func showTimespec(ts unix.Timespec) string {
	return fmt.Sprintf("{tv_sec=%d, tv_nsec=%d}", ts.Sec, ts.Nsec)
}

func showRlimit(r unix.Rlimit) string {
	limit := func(v uint64) string {
		switch {
		case v == unix.RLIM_INFINITY:
			return "RLIM64_INFINITY"
		case v > 1024 && v%1024 == 0:
			return fmt.Sprintf("%d*1024", v/1024)
		default:
			return fmt.Sprint(v)
		}
	}
	return fmt.Sprintf("{rlim_cur=%s, rlim_max=%s}", limit(r.Cur), limit(r.Max))
}

// showSigset shows what is missing if that is shorter.
func showSigset(set uint64) string {
	not := ""
	if bits.OnesCount64(set) > 32 {
		set, not = ^set, "~"
	}
	var names []string
	for n := range 64 {
		if set&(1<<n) != 0 {
			names = append(names, strings.TrimPrefix(signalName(syscall.Signal(n+1)), "SIG"))
		}
	}
	return not + "[" + strings.Join(names, " ") + "]"
}

// showSigaction shows the kernel's structure, which is not that of the C
// library.
func showSigaction(a [4]uint64) string {
	const handler, flags, mask = 0, 1, 3
	name := fmt.Sprintf("%#x", a[handler])
	switch a[handler] {
	case 0:
		name = "SIG_DFL"
	case 1:
		name = "SIG_IGN"
	}
	return fmt.Sprintf("{sa_handler=%s, sa_mask=%s, sa_flags=%s}",
		name, showSigset(a[mask]), actionFlags.value(&call{}, a[flags]))
}

func showWaitStatus(w unix.WaitStatus) string {
	switch {
	case w.Exited():
		return fmt.Sprintf("{WIFEXITED(s) && WEXITSTATUS(s) == %d}", w.ExitStatus())
	case w.Signaled():
		return fmt.Sprintf("{WIFSIGNALED(s) && WTERMSIG(s) == %s}", signalName(w.Signal()))
	case w.Stopped():
		return fmt.Sprintf("{WIFSTOPPED(s) && WSTOPSIG(s) == %s}", signalName(w.StopSignal()))
	default:
		return fmt.Sprintf("%#x", uint32(w))
	}
}

func showSockaddr(c *call, at, length uint64) string {
	buf := make([]byte, min(length, unix.SizeofSockaddrAny))
	if at == 0 || len(buf) < 2 || c.mem(at, buf) < len(buf) {
		return pointer(at)
	}
	family := binary.NativeEndian.Uint16(buf)
	switch {
	case family == unix.AF_UNIX:
		name := buf[2:]
		if len(name) > 0 && name[0] == 0 { // abstract
			return "{sa_family=AF_UNIX, sun_path=@" + quote(string(name[1:])) + "}"
		}
		name, _, _ = bytes.Cut(name, []byte{0})
		return "{sa_family=AF_UNIX, sun_path=" + quote(string(name)) + "}"
	case family == unix.AF_INET && len(buf) >= unix.SizeofSockaddrInet4:
		ip := netip.AddrFrom4([4]byte(buf[4:8]))
		return fmt.Sprintf("{sa_family=AF_INET, sin_port=htons(%d), sin_addr=inet_addr(%q)}",
			binary.BigEndian.Uint16(buf[2:]), ip)
	case family == unix.AF_INET6 && len(buf) >= unix.SizeofSockaddrInet6:
		ip := netip.AddrFrom16([16]byte(buf[8:24]))
		return fmt.Sprintf("{sa_family=AF_INET6, sin6_port=htons(%d), sin6_addr=%q}",
			binary.BigEndian.Uint16(buf[2:]), ip)
	default:
		return fmt.Sprintf("{sa_family=%s, ...}", families.value(&call{}, uint64(family)))
	}
}
