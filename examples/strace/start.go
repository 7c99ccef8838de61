//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// launch starts the command so that nothing of it runs untraced.
//
// The fork makes the calling thread the tracer, but in the old mode in which a
// running tracee cannot be interrupted and a stopped one cannot be left
// stopped. So once the command has been loaded it is let go into a SIGSTOP,
// seized, which is the new mode, and continued.
func (t *tracer) launch(command []string) error {
	file, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	env := os.Environ()
	pid, err := syscall.ForkExec(file, command, &syscall.ProcAttr{
		Env:   env,
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Ptrace: true},
	})
	switch {
	case errors.Is(err, unix.EPERM):
		return notPermitted("start "+file+" traced", 0)
	case err != nil:
		return fmt.Errorf("cannot start %s: %w", file, err)
	}
	if err := t.reseize(pid); err != nil {
		_ = unix.Kill(pid, unix.SIGKILL)
		return fmt.Errorf("cannot trace %s: %w", file, err)
	}
	t.main = pid
	t.add(pid).starting = true

	first := execCall(pid, file, command, env)
	t.sink.enter(first)
	first.returned = true
	t.sink.leave(first)
	return nil
}

func (t *tracer) reseize(pid int) error {
	s, err := wait(pid)
	if err != nil {
		return err
	}
	if !s.status.Stopped() {
		return fmt.Errorf("it ended at once: %s", ending(s.status))
	}
	if err := ptrace(unix.PTRACE_DETACH, pid, uintptr(unix.SIGSTOP)); err != nil {
		return err
	}
	if err := t.seize(pid); err != nil {
		return err
	}
	return unix.Kill(pid, unix.SIGCONT)
}

// attach seizes a running process, with follow all of its threads.
func (t *tracer) attach(pid int) error {
	switch err := t.seize(pid); {
	case errors.Is(err, unix.ESRCH):
		return fmt.Errorf("no process %d", pid)
	case errors.Is(err, unix.EPERM):
		return notPermitted(fmt.Sprintf("attach to process %d", pid), pid)
	case err != nil:
		return fmt.Errorf("cannot attach to process %d: %w", pid, err)
	}
	t.main = pid
	t.add(pid)
	if t.follow {
		t.seizeThreads(pid)
	}
	for tid := range t.tracees {
		// It may have ended since; the wait will tell.
		_ = unix.PtraceInterrupt(tid)
	}
	fmt.Fprintf(os.Stderr, "strace: process %d attached\n", pid)
	return nil
}

// seizeThreads repeats until it finds no new thread, because those not yet
// seized may start others. Those started by seized ones come by themselves,
// and seizing them fails.
func (t *tracer) seizeThreads(pid int) {
	tried := map[int]bool{pid: true}
	for found := true; found; {
		found = false
		entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
		for _, entry := range entries {
			tid, err := strconv.Atoi(entry.Name())
			if err != nil || tried[tid] {
				continue
			}
			tried[tid], found = true, true
			if t.seize(tid) == nil {
				t.add(tid)
			}
		}
	}
}

func (t *tracer) seize(pid int) error {
	options := unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACEEXEC
	if t.follow {
		options |= unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACECLONE
	}
	return ptrace(unix.PTRACE_SEIZE, pid, uintptr(options))
}

// notPermitted says what to check; pid is 0 for a new process.
func notPermitted(what string, pid int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "not permitted to %s; check that\n", what)
	if pid != 0 {
		// The tracer is a thread; its process is what the user knows.
		if tracer := statusField(statusField(strconv.Itoa(pid), "TracerPid"), "Tgid"); tracer != "" {
			fmt.Fprintf(&b, "  - no other tracer has it: process %s is one\n", tracer)
		}
		b.WriteString("  - the process is yours and runs no set-user-ID program, or you have CAP_SYS_PTRACE\n")
	}
	b.WriteString("  - /proc/sys/kernel/yama/ptrace_scope allows it (0: your processes, 1: your children, 2: with CAP_SYS_PTRACE, 3: nobody)")
	if scope, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope"); err == nil {
		fmt.Fprintf(&b, ": it is %s", strings.TrimSpace(string(scope)))
	}
	b.WriteString("\n  - in a container, its seccomp profile and capabilities allow ptrace (for Docker: --cap-add=SYS_PTRACE)")
	return errors.New(b.String())
}

// statusField is "" for a process that does not exist.
func statusField(pid, key string) string {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(status), key+":\t")
	value, _, _ := strings.Cut(rest, "\n")
	return value
}
