//go:build linux && (amd64 || arm64)

package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// memory reads a tracee's memory at addr and returns how much it could read.
type memory func(addr uint64, buf []byte) int

// call is one system call.
type call struct {
	pid      int
	name     string
	params   []param
	args     [6]uint64
	ret      int64
	returned bool
	mem      memory
}

// param shows argument i of a call, or nothing if there is no such argument
// this time.
type param struct {
	text func(c *call, i int) string
	out  bool // the kernel fills it in: shown when the call returns
}

func newCall(pid int, regs registers, mem memory) *call {
	c := &call{pid: pid, args: regs.args, mem: mem, name: syscallName(regs)}
	var known bool
	if c.params, known = signatures[c.name]; !known {
		c.params = []param{hex, hex, hex, hex, hex, hex}
	}
	return c
}

func syscallName(regs registers) string {
	switch {
	case regs.compat:
		return fmt.Sprintf("compat_%d", regs.nr)
	case regs.nr >= 0 && regs.nr < len(syscallNames) && syscallNames[regs.nr] != "":
		return syscallNames[regs.nr]
	default:
		return fmt.Sprintf("syscall_%#x", uint32(regs.nr))
	}
}

// execCall is the execve that the launcher made before tracing could begin.
func execCall(pid int, path string, command, env []string) *call {
	list := make([]string, len(command))
	for i, arg := range command {
		list[i] = quote(arg)
	}
	return &call{pid: pid, name: "execve", params: []param{
		literal(quote(path)),
		literal("[" + strings.Join(list, ", ") + "]"),
		literal(fmt.Sprintf("/* %d vars */", len(env))),
	}}
}

// before is the call as far as it is known when it is made.
func (c *call) before() string {
	return c.name + "(" + c.list(0, c.inputs())
}

// after is what before left out, up to the closing parenthesis.
func (c *call) after() string {
	n := c.inputs()
	text := c.list(n, len(c.params))
	if n > 0 && text != "" {
		text = ", " + text
	}
	return text + ")"
}

func (c *call) inputs() int {
	for i, p := range c.params {
		if p.out {
			return i
		}
	}
	return len(c.params)
}

func (c *call) list(from, to int) string {
	var shown []string
	for i := from; i < to; i++ {
		if text := c.params[i].text(c, i); text != "" {
			shown = append(shown, text)
		}
	}
	return strings.Join(shown, ", ")
}

// result is what stands after the equals sign.
func (c *call) result() string {
	if !c.returned {
		return "?"
	}
	if errno := c.errno(); errno != 0 {
		if text := restarts[errno]; text != "" {
			return "? " + text
		}
		name := unix.ErrnoName(errno)
		if name == "" {
			name = "errno " + strconv.Itoa(int(errno))
		}
		return fmt.Sprintf("-1 %s (%s)", name, errno.Error())
	}
	if returnsAddress[c.name] {
		return fmt.Sprintf("%#x", uint64(c.ret))
	}
	return strconv.FormatInt(c.ret, 10)
}

// errno is 0 for a call that succeeded.
func (c *call) errno() syscall.Errno {
	const maxErrno = 4095
	if c.returned && c.ret < 0 && c.ret >= -maxErrno {
		return syscall.Errno(-c.ret)
	}
	return 0
}

// restarts names the kernel's own errors: the program sees EINTR instead, or
// the call is made again.
var restarts = map[syscall.Errno]string{
	512: "ERESTARTSYS (to be restarted if SA_RESTART is set)",
	513: "ERESTARTNOINTR (to be restarted)",
	514: "ERESTARTNOHAND (to be restarted if no handler)",
	516: "ERESTART_RESTARTBLOCK (interrupted by signal)",
}

var returnsAddress = map[string]bool{"brk": true, "mmap": true, "mremap": true, "shmat": true}

// load reads a structure that is laid out as the kernel does.
func load[T any](c *call, addr uint64) (v T, ok bool) {
	buf := make([]byte, binary.Size(v))
	if addr == 0 || c.mem(addr, buf) < len(buf) {
		return v, false
	}
	_, err := binary.Decode(buf, binary.NativeEndian, &v)
	return v, err == nil
}

// loadString reads up to the terminating zero byte.
func loadString(c *call, addr uint64) (string, bool) {
	maxLen := os.Getpagesize() // as long as a path can be
	var s []byte
	var chunk [64]byte
	for len(s) < maxLen {
		n := c.mem(addr+uint64(len(s)), chunk[:])
		for i, b := range chunk[:n] {
			if b == 0 {
				return string(append(s, chunk[:i]...)), true
			}
		}
		s = append(s, chunk[:n]...)
		if n < len(chunk) {
			return "", false
		}
	}
	return string(s), true
}

// quote writes a string as C does, which for most binary data is shorter than
// Go's way.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		ch := s[i]
		switch {
		case ch == '"' || ch == '\\':
			b.WriteByte('\\')
			b.WriteByte(ch)
		case ch >= ' ' && ch <= '~':
			b.WriteByte(ch)
		case strings.IndexByte("\t\n\v\f\r", ch) >= 0:
			b.WriteByte('\\')
			b.WriteByte("tnvfr"[ch-'\t'])
		case i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
			fmt.Fprintf(&b, `\%03o`, ch)
		default:
			fmt.Fprintf(&b, `\%o`, ch)
		}
	}
	b.WriteByte('"')
	return b.String()
}
