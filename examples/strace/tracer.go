//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// A sink is told what tracees do: the printer shows it, the summary counts it.
type sink interface {
	enter(*call)
	leave(*call) // also for a call that will never return
	event(pid int, text string)
}

// A tracer belongs to one thread: its methods run there and nowhere else, so
// its fields need no lock.
type tracer struct {
	follow  bool
	sink    sink
	tracees map[int]*tracee
	main    int // whose end gives the exit code
	code    int
	leaving bool // let every tracee go at its next stop
}

type tracee struct {
	pid      int
	call     *call // the one it is in
	starting bool  // not yet over the SIGSTOP and SIGCONT of launch
}

func newTracer(follow bool, s sink) *tracer {
	return &tracer{follow: follow, sink: s, tracees: map[int]*tracee{}}
}

func (t *tracer) add(pid int) *tracee {
	p := &tracee{pid: pid}
	t.tracees[pid] = p
	return p
}

// trace serves stops until no tracee is left and returns the exit code.
func (t *tracer) trace(ctx context.Context) (int, error) {
	for !t.leaving || len(t.tracees) > 0 {
		s, err := nextStop(ctx)
		// ECHILD rather than an empty table, because a new child may not have
		// been heard of yet.
		if errors.Is(err, unix.ECHILD) {
			break
		}
		if err != nil {
			return 0, err
		}
		if err := gone(t.serve(s)); err != nil {
			return 0, fmt.Errorf("process %d: %w", s.pid, err)
		}
	}
	return t.code, nil
}

// letGo detaches all tracees. Only a stopped one can be detached, so here they
// are stopped and trace does the rest.
func (t *tracer) letGo() {
	t.leaving = true
	for pid := range t.tracees {
		_ = unix.PtraceInterrupt(pid)
	}
}

// serve handles one report of the kernel and lets the tracee go on.
func (t *tracer) serve(s stop) error {
	p := t.tracees[s.pid]
	if p == nil {
		p = t.add(s.pid) // a child or thread that the kernel attached for us
	}
	if !s.status.Stopped() {
		t.ended(p, s.status)
		return nil
	}

	sig := s.status.StopSignal()
	event := int(s.status) >> 16
	switch {
	case event == unix.PTRACE_EVENT_STOP && sig != unix.SIGTRAP:
		return t.groupStop(p, sig)
	case event == unix.PTRACE_EVENT_EXEC:
		t.executed(p)
		sig = 0
	case event != 0: // interrupted by us, continued, or has made a child
		sig = 0
	case sig == unix.SIGTRAP|0x80: // what PTRACE_O_TRACESYSGOOD makes of a call
		if err := t.syscallStop(p); err != nil {
			return err
		}
		sig = 0
	case p.starting && sig == unix.SIGCONT:
		p.starting = false
		sig = 0
	default:
		t.sink.event(p.pid, "--- "+signalName(sig)+" ---")
	}
	return t.resume(p, unix.PTRACE_SYSCALL, sig)
}

// resume delivers sig, if any.
func (t *tracer) resume(p *tracee, request int, sig syscall.Signal) error {
	if !t.leaving {
		return ptrace(request, p.pid, uintptr(sig))
	}
	delete(t.tracees, p.pid)
	if p.call != nil {
		t.sink.event(p.pid, "<detached ...>")
	}
	if err := ptrace(unix.PTRACE_DETACH, p.pid, uintptr(sig)); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "strace: process %d detached\n", p.pid)
	return nil
}

// groupStop leaves a process stopped that was stopped by a signal. Resuming it
// would undo what the user's Ctrl-Z did.
func (t *tracer) groupStop(p *tracee, sig syscall.Signal) error {
	if !p.starting {
		t.sink.event(p.pid, "--- stopped by "+signalName(sig)+" ---")
	}
	return t.resume(p, unix.PTRACE_LISTEN, 0)
}

// syscallStop is called twice for each call, before and after it.
func (t *tracer) syscallStop(p *tracee) error {
	regs, err := readRegs(p.pid)
	if err != nil {
		return err
	}
	if p.call == nil {
		p.call = newCall(p.pid, regs, readMemory(p.pid))
		t.sink.enter(p.call)
		return nil
	}
	p.call.ret, p.call.returned = regs.ret, true
	t.sink.leave(p.call)
	p.call = nil
	return nil
}

// executed handles the thread that calls execve while the process has others:
// they end, and it takes over the id of the first.
func (t *tracer) executed(p *tracee) {
	msg, err := unix.PtraceGetEventMsg(p.pid)
	former := int(msg)
	if err != nil || former == p.pid {
		return
	}
	if p.call != nil {
		t.sink.leave(p.call)
	}
	t.sink.event(p.pid, fmt.Sprintf("+++ superseded by execve in pid %d +++", former))
	p.call = nil
	if old := t.tracees[former]; old != nil {
		p.call = old.call
		delete(t.tracees, former)
	}
	if p.call != nil {
		p.call.pid = p.pid
	}
	if t.main == former {
		t.main = p.pid
	}
}

func (t *tracer) ended(p *tracee, status unix.WaitStatus) {
	delete(t.tracees, p.pid)
	if p.call != nil {
		t.sink.leave(p.call)
	}
	t.sink.event(p.pid, "+++ "+ending(status)+" +++")
	if p.pid == t.main {
		t.code = status.ExitStatus()
		if status.Signaled() {
			t.code = 128 + int(status.Signal())
		}
	}
}

func ending(status unix.WaitStatus) string {
	switch {
	case status.Exited():
		return "exited with " + strconv.Itoa(status.ExitStatus())
	case status.CoreDump():
		return "killed by " + signalName(status.Signal()) + " (core dumped)"
	default:
		return "killed by " + signalName(status.Signal())
	}
}
