//go:build linux && (amd64 || arm64)

package main

import (
	"encoding/binary"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// fakeMemory is one page of a tracee, at base.
type fakeMemory struct{ page []byte }

const base = 0x1000

func (m *fakeMemory) read(addr uint64, buf []byte) int {
	if addr < base || addr >= base+uint64(len(m.page)) {
		return 0
	}
	return copy(buf, m.page[addr-base:])
}

// put returns the address at which it has stored values.
func (m *fakeMemory) put(t *testing.T, values ...any) uint64 {
	at := base + uint64(len(m.page))
	for _, v := range values {
		if s, ok := v.(string); ok {
			v = []byte(s)
		}
		var err error
		m.page, err = binary.Append(m.page, binary.NativeEndian, v)
		require.NoError(t, err)
	}
	return at
}

// line is what the printer writes for a call that returns ret.
func line(t *testing.T, m *fakeMemory, name string, ret int64, args ...uint64) string {
	t.Helper()
	regs := registers{nr: slices.Index(syscallNames[:], name)}
	require.GreaterOrEqual(t, regs.nr, 0, name)
	copy(regs.args[:], args)
	c := newCall(1, regs, m.read)
	var out strings.Builder
	p := &printer{w: &out}
	p.enter(c)
	c.ret, c.returned = ret, true
	p.leave(c)
	return out.String()
}

func TestDecode(t *testing.T) {
	atCWD := uint64(uint32(0xffffff9c)) // AT_FDCWD as C passes it
	allBits := ^uint64(0)
	m := &fakeMemory{}
	file := m.put(t, "/etc/passwd\x00")
	binaryData := m.put(t, "\x7fELF\x02\x01\x001\n\"\\")
	long := m.put(t, strings.Repeat("x", 40)+"\x00")
	stat := m.put(t, unix.Stat_t{Mode: unix.S_IFREG | 0o644, Size: 123})
	argList := m.put(t, file, long, uint64(0))
	status := m.put(t, int32(3<<8))
	pair := m.put(t, int32(3), int32(4))
	second := m.put(t, unix.Timespec{Sec: 1, Nsec: 5})
	limit := m.put(t, unix.Rlimit{Cur: 8 << 20, Max: unix.RLIM_INFINITY})
	someSignals := m.put(t, uint64(1<<(unix.SIGINT-1)|1<<(unix.SIGUSR1-1)))
	mostSignals := m.put(t, ^uint64(1<<(unix.SIGKILL-1)))
	inet := m.put(t, uint16(unix.AF_INET), []byte{0, 80, 127, 0, 0, 1}, uint64(0))
	local := m.put(t, uint16(unix.AF_UNIX), "/run/x\x00")
	threadArgs := m.put(t, [8]uint64{unix.CLONE_VM | unix.CLONE_VFORK, 0, 0, 0, uint64(unix.SIGCHLD), 0x7000, 0x9000, 0})

	for _, test := range []struct {
		name string
		ret  int64
		args []uint64
		want string
	}{
		{"openat", 3, []uint64{atCWD, file, unix.O_RDONLY | unix.O_CLOEXEC}, `openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3`},
		{"openat", 3, []uint64{5, file, unix.O_WRONLY | unix.O_CREAT | unix.O_TRUNC, 0o600}, `openat(5, "/etc/passwd", O_WRONLY|O_CREAT|O_TRUNC, 0600) = 3`},
		{"openat", -int64(unix.ENOENT), []uint64{atCWD, file, unix.O_RDWR}, `openat(AT_FDCWD, "/etc/passwd", O_RDWR) = -1 ENOENT (no such file or directory)`},
		{"openat", -int64(unix.EFAULT), []uint64{atCWD, 0xdead0000, 0}, `openat(AT_FDCWD, 0xdead0000, O_RDONLY) = -1 EFAULT (bad address)`},
		{"openat", 3, []uint64{atCWD, file, unix.O_RDWR | unix.O_TMPFILE, 0o600}, `openat(AT_FDCWD, "/etc/passwd", O_RDWR|O_TMPFILE, 0600) = 3`},
		{"read", 11, []uint64{3, binaryData, 832}, `read(3, "\177ELF\2\1\0001\n\"\\", 832) = 11`},
		{"read", 40, []uint64{3, long, 832}, `read(3, "` + strings.Repeat("x", 32) + `"..., 832) = 40`},
		{"read", -int64(unix.EAGAIN), []uint64{3, long, 832}, `read(3, ` + pointer(long) + `, 832) = -1 EAGAIN (resource temporarily unavailable)`},
		{"read", -512, []uint64{3, 0, 832}, `read(3, NULL, 832) = ? ERESTARTSYS (to be restarted if SA_RESTART is set)`},
		{"write", 2, []uint64{1, long, 2}, `write(1, "xx", 2) = 2`},
		{"close", 0, []uint64{3}, `close(3) = 0`},
		{"newfstatat", 0, []uint64{atCWD, file, stat, unix.AT_SYMLINK_NOFOLLOW}, `newfstatat(AT_FDCWD, "/etc/passwd", {st_mode=S_IFREG|0644, st_size=123, ...}, AT_SYMLINK_NOFOLLOW) = 0`},
		{"mmap", 0x7f0000000000, []uint64{0, 8192, unix.PROT_READ | unix.PROT_WRITE, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS, allBits, 0}, `mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000`},
		{"mprotect", 0, []uint64{0x4000, 4096, unix.PROT_NONE}, `mprotect(0x4000, 4096, PROT_NONE) = 0`},
		{"execve", 0, []uint64{file, argList, argList}, `execve("/etc/passwd", ["/etc/passwd", "` + strings.Repeat("x", 40) + `"], ` + pointer(argList) + ` /* 2 vars */) = 0`},
		{"clone", 7, []uint64{unix.CLONE_CHILD_SETTID | uint64(unix.SIGCHLD)}, `clone(CLONE_CHILD_SETTID|SIGCHLD, NULL, NULL, NULL, NULL) = 7`},
		{"clone3", 7, []uint64{threadArgs, 88}, `clone3({flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD, stack=0x7000, stack_size=0x9000, ...}, 88) = 7`},
		{"wait4", 7, []uint64{allBits, status, unix.WNOHANG}, `wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], WNOHANG, NULL) = 7`},
		{"wait4", -int64(unix.ECHILD), []uint64{allBits, 0, 0}, `wait4(-1, NULL, 0, NULL) = -1 ECHILD (no child processes)`},
		{"pipe2", 0, []uint64{pair, unix.O_CLOEXEC}, `pipe2([3, 4], O_CLOEXEC) = 0`},
		{"nanosleep", 0, []uint64{second, 0}, `nanosleep({tv_sec=1, tv_nsec=5}, NULL) = 0`},
		{"prlimit64", 0, []uint64{0, unix.RLIMIT_STACK, 0, limit}, `prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0`},
		{"rt_sigprocmask", 0, []uint64{unix.SIG_BLOCK, someSignals, mostSignals, 8}, `rt_sigprocmask(SIG_BLOCK, [INT USR1], ~[KILL], 8) = 0`},
		{"kill", 0, []uint64{12, uint64(unix.SIGTERM)}, `kill(12, SIGTERM) = 0`},
		{"socket", 3, []uint64{unix.AF_INET, unix.SOCK_STREAM | unix.SOCK_CLOEXEC, 0}, `socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3`},
		{"connect", 0, []uint64{3, inet, 16}, `connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0`},
		{"bind", 0, []uint64{3, local, 9}, `bind(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 9) = 0`},
		{"futex", 1, []uint64{0x4000, 129, 1, 9, 9, 9}, `futex(0x4000, FUTEX_WAKE_PRIVATE, 1) = 1`},
		{"getpid", 9, nil, `getpid() = 9`},
		{"swapoff", 0, []uint64{1, 2}, `swapoff(0x1, 0x2, 0, 0, 0, 0) = 0`}, // not in signatures
	} {
		got := line(t, m, test.name, test.ret, test.args...)
		// The column of the result is TestPrinter's.
		call, result, _ := strings.Cut(got, ") ")
		assert.Equal(t, test.want+"\n", call+") "+strings.TrimLeft(result, " "))
	}
}

func TestUnknownCalls(t *testing.T) {
	assert.Equal(t, "syscall_0xffffffff", syscallName(registers{nr: -1}))
	assert.Equal(t, "syscall_0x1869f", syscallName(registers{nr: 99999}))
	assert.Equal(t, "compat_3", syscallName(registers{nr: 3, compat: true}))
}

func TestQuote(t *testing.T) {
	assert.Equal(t, `"a\tb\r\v\f\0\0009\200"`, quote("a\tb\r\v\f\x00\x009\x80"))
}

func TestSignalName(t *testing.T) {
	assert.Equal(t, "SIGUSR1", signalName(unix.SIGUSR1))
	assert.Equal(t, "SIGRT_3", signalName(syscall.Signal(35)))
}

func TestPrinter(t *testing.T) {
	newTestCall := func(pid int, name string, args ...uint64) *call {
		regs := registers{nr: slices.Index(syscallNames[:], name)}
		copy(regs.args[:], args)
		return newCall(pid, regs, (&fakeMemory{}).read)
	}
	var out strings.Builder
	p := &printer{w: &out, prefix: true}

	wait := newTestCall(1, "wait4", 2)
	p.enter(wait)
	exit := newTestCall(2, "exit_group", 0)
	p.enter(exit)
	p.leave(exit) // never returned
	p.event(2, "+++ exited with 0 +++")
	wait.ret, wait.returned = 2, true
	p.leave(wait)
	pause := newTestCall(1, "getpid")
	p.enter(pause)
	p.event(1, "<detached ...>")

	assert.Equal(t, `[pid 1] wait4(2 <unfinished ...>
[pid 2] exit_group(0)                           = ?
[pid 2] +++ exited with 0 +++
[pid 1] <... wait4 resumed>, NULL, 0, NULL)     = 2
[pid 1] getpid( <detached ...>
`, out.String())
}

func TestSummary(t *testing.T) {
	s := summary{}
	for _, c := range []call{
		{name: "read", ret: 1, returned: true},
		{name: "read", ret: -int64(unix.EIO), returned: true},
		{name: "close", returned: true},
		{name: "brk", ret: 0x5000, returned: true},
		{name: "exit_group"},
	} {
		s.enter(&c)
		s.leave(&c)
	}
	s.event(1, "+++ exited with 0 +++")
	var out strings.Builder
	s.write(&out)
	assert.Equal(t, `    calls    errors syscall
--------- --------- ----------------
        2         1 read
        1           brk
        1           close
--------- --------- ----------------
        4         1 total
`, out.String())
}

func TestEnding(t *testing.T) {
	assert.Equal(t, "exited with 3", ending(3<<8))
	assert.Equal(t, "killed by SIGTERM", ending(unix.WaitStatus(unix.SIGTERM)))
	assert.Equal(t, "killed by SIGSEGV (core dumped)", ending(unix.WaitStatus(unix.SIGSEGV)|0x80))
}
