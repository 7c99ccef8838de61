//go:build linux && (amd64 || arm64)

package main

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const maxData = 32 // bytes shown of a buffer

var (
	num   = in(func(_ *call, v uint64) string { return strconv.Itoa(int(int32(v))) })
	long  = in(func(_ *call, v uint64) string { return strconv.FormatInt(int64(v), 10) })
	size  = in(func(_ *call, v uint64) string { return strconv.FormatUint(v, 10) })
	octal = in(func(_ *call, v uint64) string { return fmt.Sprintf("%#03o", uint32(v)) })
	hex   = in(func(_ *call, v uint64) string {
		if v == 0 {
			return "0"
		}
		return fmt.Sprintf("%#x", v)
	})
	addr  = in(func(_ *call, v uint64) string { return pointer(v) })
	fd    = num
	dirfd = in(func(_ *call, v uint64) string {
		if int32(v) == unix.AT_FDCWD {
			return "AT_FDCWD"
		}
		return strconv.Itoa(int(int32(v)))
	})
	path = in(func(c *call, v uint64) string {
		if s, ok := loadString(c, v); ok {
			return quote(s)
		}
		return pointer(v)
	})
	sig = in(func(_ *call, v uint64) string {
		if v == 0 {
			return "0"
		}
		return signalName(syscall.Signal(v))
	})
	envp = in(func(c *call, v uint64) string {
		if list, ok := loadPointers(c, v); ok {
			return fmt.Sprintf("%#x /* %d vars */", v, len(list))
		}
		return pointer(v)
	})
	argv = in(func(c *call, v uint64) string {
		list, ok := loadPointers(c, v)
		if !ok {
			return pointer(v)
		}
		shown := make([]string, len(list))
		for i, at := range list {
			shown[i] = path.value(c, at)
		}
		return "[" + strings.Join(shown, ", ") + "]"
	})

	// The next argument of input is its length; the result of the call is
	// output's.
	input  = param{text: func(c *call, i int) string { return data(c, c.args[i], c.args[i+1]) }}
	output = param{out: true, text: func(c *call, i int) string {
		if c.ret < 0 || !c.returned {
			return pointer(c.args[i])
		}
		return data(c, c.args[i], uint64(c.ret))
	}}
	outPath = out(path.value)

	// openMode is there only if the flags before it may create a file.
	openMode = param{text: func(c *call, i int) string {
		if flags := c.args[i-1]; flags&unix.O_CREAT != 0 || flags&unix.O_TMPFILE == unix.O_TMPFILE {
			return octal.text(c, i)
		}
		return ""
	}}
)

func in(value func(c *call, v uint64) string) param {
	return param{text: func(c *call, i int) string { return value(c, c.args[i]) }}
}

// value shows v as if it were an argument of c.
func (p param) value(c *call, v uint64) string {
	c1 := *c
	c1.args[0] = v
	return p.text(&c1, 0)
}

// out is for what a pointer leads to after a successful call.
func out(value func(c *call, v uint64) string) param {
	return param{out: true, text: func(c *call, i int) string {
		if c.errno() != 0 || !c.returned {
			return pointer(c.args[i])
		}
		return value(c, c.args[i])
	}}
}

// deref shows what a pointer leads to.
func deref[T any](show func(T) string) func(c *call, v uint64) string {
	return func(c *call, v uint64) string {
		if t, ok := load[T](c, v); ok {
			return show(t)
		}
		return pointer(v)
	}
}

func literal(s string) param {
	return param{text: func(*call, int) string { return s }}
}

func pointer(v uint64) string {
	if v == 0 {
		return "NULL"
	}
	return fmt.Sprintf("%#x", v)
}

func data(c *call, at, length uint64) string {
	if at == 0 {
		return "NULL"
	}
	buf := make([]byte, min(length, maxData))
	if c.mem(at, buf) < len(buf) {
		return pointer(at)
	}
	if length > maxData {
		return quote(string(buf)) + "..."
	}
	return quote(string(buf))
}

// loadPointers reads a list that ends with a null pointer.
func loadPointers(c *call, at uint64) ([]uint64, bool) {
	const maxCount = 4096
	var list []uint64
	for len(list) < maxCount {
		v, ok := load[uint64](c, at+8*uint64(len(list)))
		if !ok {
			return nil, false
		}
		if v == 0 {
			break
		}
		list = append(list, v)
	}
	return list, true
}
