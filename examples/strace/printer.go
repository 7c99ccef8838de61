//go:build linux && (amd64 || arm64)

package main

import (
	"fmt"
	"io"
	"strings"
)

const resultColumn = 40

// printer writes a line for each call. The line begins when the call does, so
// that one sees what a program hangs in, and may be broken off by another
// tracee's.
type printer struct {
	w      io.Writer
	prefix bool
	open   int // the tracee whose line is not ended, 0 if none
	column int
}

func (p *printer) enter(c *call) {
	p.begin(c.pid)
	p.write(c.before())
	p.open = c.pid
}

func (p *printer) leave(c *call) {
	if p.open != c.pid {
		p.begin(c.pid)
		p.write("<... " + c.name + " resumed>")
	}
	p.write(c.after())
	p.write(strings.Repeat(" ", max(0, resultColumn-1-p.column)) + " = " + c.result() + "\n")
	p.open = 0
}

func (p *printer) event(pid int, text string) {
	if p.open == pid {
		p.write(" ")
	} else {
		p.begin(pid)
	}
	p.write(text + "\n")
	p.open = 0
}

func (p *printer) begin(pid int) {
	if p.open != 0 {
		p.write(" <unfinished ...>\n")
	}
	p.open, p.column = 0, 0
	if p.prefix {
		fmt.Fprintf(p.w, "[pid %d] ", pid)
	}
}

// write does not look at errors: a reader that has gone, as head does, should
// not disturb the tracee.
func (p *printer) write(text string) {
	_, _ = io.WriteString(p.w, text)
	p.column += len(text)
}
