package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pinion-go/pinion/registry"
)

// Python starts once in a process. The tests of this file run the program in processes of their own; the others
// share an interpreter.
var (
	shared *Interpreter
	ctx    = context.Background()
)

func TestMain(m *testing.M) {
	if os.Getenv("PYTHON_EXAMPLE_ARGS") != "" {
		os.Exit(program())
	}
	goleak.VerifyTestMain(withPython{m})
}

type withPython struct{ *testing.M }

func (m withPython) Run() int {
	var err error
	if shared, err = Start(ctx, "tests"); err != nil {
		panic(err)
	}
	code := m.M.Run()
	if err := shared.Close(); err != nil {
		panic(err)
	}
	if _, err := Start(ctx); !errors.Is(err, ErrStarted) {
		panic(err)
	}
	return code
}

// program is main, and minds what is left over.
func program() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err := goleak.Find(); err != nil || len(registry.All(false)) != 0 {
		fmt.Fprintln(os.Stderr, "left over:", err, registry.All(false))
		return 99
	}
	return code
}

func command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "PYTHON_EXAMPLE_ARGS=these", "PYTHONUNBUFFERED=1")
	return cmd
}

func write(t *testing.T, name, code string) (path string) {
	path = filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(code), 0o644))
	return path
}

func TestDemonstration(t *testing.T) {
	out, err := command().CombinedOutput()
	require.NoError(t, err, string(out))
	require.Regexp(t, regexp.MustCompile(`^4 interpreters on 4 threads
1000 calls from 100 goroutines, 1000 results right
each has counted its own: python 100 red 200 green 300 blue 400
threading.local: kept in 100 of 100 calls through a caller, lost in (100|[5-9]\d) of 100 from free goroutines
an exception of type ZeroDivisionError: division by zero
Traceback \(most recent call last\):
  File "<string>", line \d+, in fail
ZeroDivisionError: division by zero
endless loops cancelled: 4 KeyboardInterrupts, 4 interpreters answer afterwards
all closed, the main one last; a second start: python: it starts only once.*
$`), string(out))
}

func TestScript(t *testing.T) {
	script := write(t, "script.py", `
import os, sys
assert __name__ == "__main__" and __file__ == sys.argv[0]
import beside
print(sys.argv[1:])
exec(sys.argv[2])
`)
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(script), "beside.py"), nil, 0o644))
	for _, row := range []struct {
		code   string
		exit   int
		stderr string
	}{
		{"pass", 0, `^$`},
		{"sys.exit()", 0, `^$`},
		{"sys.exit(3)", 3, `^$`},
		{"sys.exit(-1)", 255, `^$`},
		{"sys.exit('no good')", 1, `^no good\n$`},
		{"raise SystemExit(4)", 4, `^$`},
		{"raise KeyboardInterrupt", 130, `KeyboardInterrupt\n$`},
		{"1/0", 1, `(?s)^Traceback .*script.py", line 6, in <module>.*ZeroDivisionError: division by zero\n$`},
		{"raise ValueError('\\udc80')", 1, `ValueError: \\udc80\n$`},
		{"def", 1, `SyntaxError: invalid syntax\n$`},
		{"sys.stdout.close(); os.close(1); sys.stdout = open('/dev/full', 'w'); print('lost')", 120, `output is lost\n$`},
	} {
		t.Run(row.code, func(t *testing.T) {
			cmd := command(script, "-x", row.code)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			_ = cmd.Run()
			require.Equal(t, row.exit, cmd.ProcessState.ExitCode(), stderr.String())
			require.Regexp(t, row.stderr, stderr.String())
			require.True(t, strings.HasPrefix(stdout.String(), "['-x', "), stdout.String())
		})
	}
}

func TestMisuse(t *testing.T) {
	for _, row := range []struct {
		args []string
		exit int
		says string
	}{
		{[]string{"missing.py"}, 2, "python: open missing.py: no such file or directory"},
		{[]string{"."}, 2, "is a directory"},
		{[]string{write(t, "syntax.py", "x = = 1")}, 1, "syntax.py\", line 1\n    x = = 1\n        ^\nSyntaxError: invalid syntax"},
		{[]string{write(t, "null.py", "x = 1\x00")}, 2, "null bytes"},
		{[]string{"-unknown"}, 2, "usage: python"},
		{[]string{"-h"}, 0, "usage: python"},
	} {
		cmd := command(row.args...)
		out, _ := cmd.CombinedOutput()
		require.Equal(t, row.exit, cmd.ProcessState.ExitCode(), string(out))
		require.Contains(t, string(out), row.says)
	}
}

// Ctrl-C ends busy code and waits, as in Python, and scripts can handle it.
func TestInterrupt(t *testing.T) {
	for _, row := range []struct {
		name, code string
		exit       int
		says       string
	}{
		{"busy", "begun()\nwhile True: pass", 130, "KeyboardInterrupt\n"},
		{"asleep", "import time; begun(); time.sleep(100)", 130, "KeyboardInterrupt\n"},
		{"reading", "begun(); input()", 130, "KeyboardInterrupt\n"},
		{"waiting for a thread", "import threading, time\nt = threading.Thread(target=time.sleep, args=[100], daemon=True)\nt.start(); begun(); t.join()", 130, "KeyboardInterrupt\n"},
		{"asyncio", "import asyncio\nasync def main():\n  begun()\n  await asyncio.sleep(100)\nasyncio.run(main())", 130, "KeyboardInterrupt\n"},
		{"handled", "import sys, time\ntry:\n  begun()\n  time.sleep(100)\nexcept KeyboardInterrupt:\n  time.sleep(.01)\n  sys.exit(7)", 7, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			cmd := command(write(t, "script.py", "def begun(): print('begun', flush=True)\n"+row.code))
			stdin, err := cmd.StdinPipe()
			require.NoError(t, err)
			defer stdin.Close()
			stdout, err := cmd.StdoutPipe()
			require.NoError(t, err)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			require.NoError(t, cmd.Start())
			defer time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() }).Stop()
			_, err = stdout.Read(make([]byte, 6))
			require.NoError(t, err)
			require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
			_ = cmd.Wait()
			require.Equal(t, row.exit, cmd.ProcessState.ExitCode(), stderr.String())
			require.True(t, strings.HasSuffix(stderr.String(), row.says), stderr.String())
		})
	}
}
