//go:build linux && (amd64 || arm64)

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const (
	deadline = 20 * time.Second
	poll     = 5 * time.Millisecond
)

// With this variable set the test binary is a process with many threads.
const threadsEnv = "STRACE_TEST_THREADS"

func TestMain(m *testing.M) {
	if os.Getenv(threadsEnv) != "" {
		beManyThreads()
	}
	// Where the tests run in the background interruptions are ignored, and strace would inherit that. What is
	// caught here is not ignored there.
	if signal.Ignored(unix.SIGINT) {
		signal.Notify(make(chan os.Signal, 1), unix.SIGINT)
	}
	os.Exit(m.Run())
}

func beManyThreads() {
	const threads = 8
	ready := make(chan struct{})
	for range threads {
		go func() {
			runtime.LockOSThread()
			ready <- struct{}{}
			var ts = unix.Timespec{Nsec: 1e6}
			for {
				_ = unix.Nanosleep(&ts, nil)
			}
		}()
	}
	for range threads {
		<-ready
	}
	fmt.Println("ready")
	select {}
}

// strace is the built example.
type strace string

type outcome struct {
	stdout, stderr string
	code           int
}

func buildStrace(t *testing.T) strace {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "strace")
	build := exec.Command("go", "build", "-o", bin, ".")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	s := strace(bin)
	if probe := s.run(t, "true"); strings.Contains(probe.stderr, "not permitted") {
		t.Skip("ptrace is not permitted here: ", probe.stderr)
	}
	return s
}

func (s strace) run(t *testing.T, args ...string) outcome {
	t.Helper()
	r := s.start(t, args...)
	return r.wait(t)
}

type running struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
}

// start puts strace into a process group of its own, as a shell does.
func (s strace) start(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{cmd: exec.Command(string(s), args...)}
	r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A command that lives on has inherited the pipes.
	r.cmd.WaitDelay = deadline
	require.NoError(t, r.cmd.Start())
	t.Cleanup(func() { _ = unix.Kill(-r.cmd.Process.Pid, unix.SIGKILL) })
	return r
}

func (r *running) wait(t *testing.T) outcome {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- r.cmd.Wait() }()
	select {
	case err := <-done:
		if exit := new(exec.ExitError); !errors.As(err, &exit) {
			require.NoError(t, err)
		}
	case <-time.After(deadline):
		_ = unix.Kill(-r.cmd.Process.Pid, unix.SIGKILL)
		require.Fail(t, "strace does not end")
	}
	return outcome{r.stdout.String(), r.stderr.String(), r.cmd.ProcessState.ExitCode()}
}

// threads gives the ids of the live threads of a process.
func threads(t *testing.T, pid int) []string {
	t.Helper()
	dirs, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	require.NoError(t, err)
	for i, dir := range dirs {
		dirs[i] = filepath.Base(dir)
	}
	return dirs
}

// requireFree waits until no thread of the process is traced or stopped.
func requireFree(t *testing.T, pid int) {
	t.Helper()
	requireThreads(t, pid, func(tid string) bool {
		state := statusField(tid, "State")
		return statusField(tid, "TracerPid") == "0" && state != "" && !strings.ContainsAny(state[:1], "TtZX")
	})
}

// requireTraced waits until all threads of the process are traced, and by one
// and the same thread of the tracer.
func requireTraced(t *testing.T, pid, tracer int) {
	t.Helper()
	requireThreads(t, pid, func(tid string) bool {
		by := statusField(tid, "TracerPid")
		return statusField(by, "Tgid") == strconv.Itoa(tracer) && by == statusField(strconv.Itoa(pid), "TracerPid")
	})
}

func requireThreads(t *testing.T, pid int, ok func(tid string) bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		tids := threads(t, pid)
		return len(tids) > 0 && !slices.ContainsFunc(tids, func(tid string) bool { return !ok(tid) })
	}, deadline, poll)
}

func startSleep(t *testing.T) *exec.Cmd {
	t.Helper()
	sleep := exec.Command("sleep", "600")
	require.NoError(t, sleep.Start())
	t.Cleanup(func() {
		_ = sleep.Process.Kill()
		_ = sleep.Wait()
	})
	return sleep
}

func TestCommands(t *testing.T) {
	s := buildStrace(t)

	t.Run("prints calls", func(t *testing.T) {
		got := s.run(t, "--", "cat", "/dev/null", "/nonexistent")
		assert.Equal(t, 1, got.code)
		assert.Regexp(t, `^execve\("/\S*/cat", \["cat", "/dev/null", "/nonexistent"\], /\* \d+ vars \*/\) = 0\n`, got.stderr)
		assert.Regexp(t, `(?m)^openat\(AT_FDCWD, "/dev/null", O_RDONLY\) += \d$`, got.stderr)
		assert.Regexp(t, `(?m)^openat\(AT_FDCWD, "/nonexistent", O_RDONLY\) += -1 ENOENT \(no such file or directory\)$`, got.stderr)
		assert.Regexp(t, `(?m)^mmap\(NULL, \d+, PROT_READ.*, MAP_PRIVATE.*\) += 0x[0-9a-f]+$`, got.stderr)
		assert.Regexp(t, `\nexit_group\(1\) += \?\n\+\+\+ exited with 1 \+\+\+\n$`, got.stderr)
	})

	t.Run("writes to a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "out")
		got := s.run(t, "-o", file, "echo", "hi")
		assert.Equal(t, outcome{stdout: "hi\n"}, got)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Regexp(t, `(?m)^write\(1, "hi\\n", 3\) += 3$`, string(text))
	})

	t.Run("exit code", func(t *testing.T) {
		got := s.run(t, "sh", "-c", "exit 42")
		assert.Equal(t, 42, got.code)
		assert.Contains(t, got.stderr, "+++ exited with 42 +++")
	})

	t.Run("killed", func(t *testing.T) {
		got := s.run(t, "sh", "-c", "kill -TERM $$")
		assert.Equal(t, 128+int(unix.SIGTERM), got.code)
		assert.Contains(t, got.stderr, "--- SIGTERM ---\n+++ killed by SIGTERM +++\n")
	})

	t.Run("delivers signals", func(t *testing.T) {
		got := s.run(t, "sh", "-c", "trap 'echo caught' USR1; kill -USR1 $$; exit 5")
		assert.Equal(t, 5, got.code)
		assert.Equal(t, "caught\n", got.stdout)
		assert.Contains(t, got.stderr, "--- SIGUSR1 ---\n")
	})

	t.Run("leaves stopped what a signal stopped", func(t *testing.T) {
		r := s.start(t, "-f", "sh", "-c", "(kill -STOP $$; while ! grep -q 'State:.[Tt]' /proc/$$/status; do :; done; kill -CONT $$) & wait; exit 6")
		got := r.wait(t)
		assert.Equal(t, 6, got.code)
		pid := regexp.MustCompile(`\[pid (\d+)\] execve`).FindStringSubmatch(got.stderr)[1]
		assert.Contains(t, got.stderr, "[pid "+pid+"] --- stopped by SIGSTOP ---")
		assert.Contains(t, got.stderr, "[pid "+pid+"] --- SIGCONT ---")
	})

	t.Run("follows children only if asked", func(t *testing.T) {
		script := "/bin/true; /bin/true; exit 3"
		got := s.run(t, "-f", "sh", "-c", script)
		assert.Equal(t, 3, got.code)
		assert.NotRegexp(t, `(?m)^[^\[]`, got.stderr, "every line has a prefix")
		execs := regexp.MustCompile(`(?m)^\[pid (\d+)\] execve\(`).FindAllStringSubmatch(got.stderr, -1)
		require.Len(t, execs, 3)
		for _, exec := range execs[1:] {
			assert.NotEqual(t, execs[0][1], exec[1])
			assert.Contains(t, got.stderr, "[pid "+exec[1]+"] +++ exited with 0 +++")
		}

		got = s.run(t, "sh", "-c", script)
		assert.Equal(t, 3, got.code)
		assert.Equal(t, 1, strings.Count(got.stderr, "execve("))
		assert.Equal(t, 1, strings.Count(got.stderr, "+++"+" exited"))
	})

	t.Run("errors", func(t *testing.T) {
		got := s.run(t, "/nonexistent/command")
		assert.Equal(t, outcome{stderr: "strace: exec: \"/nonexistent/command\": stat /nonexistent/command: no such file or directory\n", code: 1}, got)

		got = s.run(t, "-c", "no-such-command-anywhere")
		assert.Equal(t, 1, got.code)
		assert.Contains(t, got.stderr, "executable file not found in $PATH")
		assert.NotContains(t, got.stderr, "total")

		script := filepath.Join(t.TempDir(), "empty")
		require.NoError(t, os.WriteFile(script, []byte("no format"), 0o755))
		got = s.run(t, script)
		assert.Equal(t, 1, got.code)
		assert.Contains(t, got.stderr, "exec format error")

		got = s.run(t, "-p", "999999999")
		assert.Equal(t, outcome{stderr: "strace: no process 999999999\n", code: 1}, got)

		for _, args := range [][]string{nil, {"-z"}, {"-p", "1", "true"}, {"-p", "0"}, {"-p", "x"}, {"-c"}} {
			got = s.run(t, args...)
			assert.Equal(t, 2, got.code, args)
			assert.Contains(t, got.stderr, "usage: strace", args)
		}
	})
}

// TestCounts holds the counts against those of the tracer that everybody uses.
func TestCounts(t *testing.T) {
	s := buildStrace(t)
	for _, command := range [][]string{{"/bin/true"}, {"/bin/echo", "hi"}, {"/bin/ls", "/"}} {
		t.Run(strings.Join(command, " "), func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "counts")
			ours := s.run(t, append([]string{"-c", "-f", "-o", file}, command...)...)
			require.Equal(t, 0, ours.code, ours.stderr)
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			counts := parseCounts(t, string(text))
			require.Contains(t, counts, "execve")
			require.Contains(t, counts, "total")

			theirs, err := exec.LookPath("strace")
			if err != nil {
				t.Skip("no strace to compare with")
			}
			out, err := exec.Command(theirs, append([]string{"-c", "-f", "-o", file}, command...)...).CombinedOutput()
			if err != nil {
				t.Skipf("strace to compare with fails: %v: %s", err, out)
			}
			text, err = os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, parseCounts(t, string(text)), counts)
		})
	}
}

// parseCounts reads our table and theirs, which has other columns before calls.
func parseCounts(t *testing.T, table string) map[string]count {
	t.Helper()
	header, rows, _ := strings.Cut(table, "\n")
	first := -1
	for i, title := range strings.Fields(strings.Replace(header, "% time", "time", 1)) {
		if title == "calls" {
			first = i
		}
	}
	require.GreaterOrEqual(t, first, 0, table)
	counts := map[string]count{}
	for row := range strings.Lines(rows) {
		fields := strings.Fields(row)
		if strings.HasPrefix(fields[0], "--") {
			continue
		}
		var n count
		var err error
		n.calls, err = strconv.Atoi(fields[first])
		require.NoError(t, err, row)
		if len(fields) == first+3 {
			n.errors, err = strconv.Atoi(fields[first+1])
			require.NoError(t, err, row)
		}
		counts[fields[len(fields)-1]] = n
	}
	return counts
}

func TestAttach(t *testing.T) {
	s := buildStrace(t)

	t.Run("Ctrl-C leaves it running", func(t *testing.T) {
		sleep := startSleep(t)
		pid := sleep.Process.Pid
		r := s.start(t, "-p", strconv.Itoa(pid))
		requireTraced(t, pid, r.cmd.Process.Pid)
		require.NoError(t, r.cmd.Process.Signal(unix.SIGINT))
		got := r.wait(t)
		assert.Equal(t, 128+int(unix.SIGINT), got.code)
		assert.Contains(t, got.stderr, fmt.Sprintf("strace: process %d detached", pid))
		requireFree(t, pid)
	})

	t.Run("Ctrl-C leaves all threads running", func(t *testing.T) {
		many := exec.Command(os.Args[0])
		many.Env = append(os.Environ(), threadsEnv+"=1")
		out, err := many.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, many.Start())
		defer func() {
			_ = many.Process.Kill()
			_ = many.Wait()
		}()
		_, err = bufio.NewReader(out).ReadString('\n')
		require.NoError(t, err)
		pid := many.Process.Pid

		r := s.start(t, "-c", "-f", "-p", strconv.Itoa(pid))
		requireTraced(t, pid, r.cmd.Process.Pid)
		require.Greater(t, len(threads(t, pid)), 8)
		require.NoError(t, r.cmd.Process.Signal(unix.SIGINT))
		got := r.wait(t)
		assert.Equal(t, 128+int(unix.SIGINT), got.code)
		assert.Regexp(t, `(?m)^ +\d+ +(\d+ )?total$`, got.stderr)
		requireFree(t, pid)
	})

	t.Run("signals and end", func(t *testing.T) {
		sleep := startSleep(t)
		pid := sleep.Process.Pid
		r := s.start(t, "-p", strconv.Itoa(pid))
		requireTraced(t, pid, r.cmd.Process.Pid)
		require.NoError(t, unix.Kill(pid, unix.SIGUSR1))
		got := r.wait(t)
		assert.Equal(t, 128+int(unix.SIGUSR1), got.code)
		assert.Contains(t, got.stderr, "--- SIGUSR1 ---\n+++ killed by SIGUSR1 +++\n")
	})

	t.Run("already traced", func(t *testing.T) {
		sleep := startSleep(t)
		pid := sleep.Process.Pid
		r := s.start(t, "-p", strconv.Itoa(pid))
		requireTraced(t, pid, r.cmd.Process.Pid)
		got := s.run(t, "-p", strconv.Itoa(pid))
		assert.Equal(t, 1, got.code)
		assert.Contains(t, got.stderr, "not permitted to attach")
		assert.Contains(t, got.stderr, fmt.Sprintf("process %d is one", r.cmd.Process.Pid))
		assert.Contains(t, got.stderr, "ptrace_scope")
	})
}

func TestInterruptedCommand(t *testing.T) {
	s := buildStrace(t)
	// start returns when the command has begun, with its process id.
	start := func(t *testing.T, args ...string) (*running, int) {
		file := filepath.Join(t.TempDir(), "pid")
		script := fmt.Sprintf("echo $$ >%s.tmp; mv %s.tmp %s; exec sleep 600 >/dev/null 2>&1", file, file, file)
		r := s.start(t, append(args, "sh", "-c", script)...)
		var pid int
		require.Eventually(t, func() bool {
			text, err := os.ReadFile(file)
			if err != nil {
				return false
			}
			pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
			return err == nil && statusField(strconv.Itoa(pid), "Name") == "sleep"
		}, deadline, poll)
		return r, pid
	}

	t.Run("Ctrl-C reaches both", func(t *testing.T) {
		r, pid := start(t, "-c")
		require.NoError(t, unix.Kill(-r.cmd.Process.Pid, unix.SIGINT))
		got := r.wait(t)
		assert.Equal(t, 128+int(unix.SIGINT), got.code)
		assert.Regexp(t, `(?m)^ +\d+ +(\d+ )?total$`, got.stderr)
		require.Eventually(t, func() bool {
			state := statusField(strconv.Itoa(pid), "State")
			return state == "" || state[0] == 'Z'
		}, deadline, poll)
	})

	t.Run("only strace is interrupted", func(t *testing.T) {
		r, pid := start(t)
		require.NoError(t, r.cmd.Process.Signal(unix.SIGINT))
		got := r.wait(t)
		assert.Equal(t, 128+int(unix.SIGINT), got.code)
		requireFree(t, pid)
		require.NoError(t, unix.Kill(pid, unix.SIGKILL))
	})
}
