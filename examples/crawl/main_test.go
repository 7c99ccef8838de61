package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pinion-go/pinion/registry"
)

// child is the variable by which the test binary, run again, becomes crawl itself.
const child = "PINION_CRAWL_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// tree makes a directory with n files of different sizes.
func tree(t *testing.T, n int) string {
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	for i := range n {
		dir := filepath.Join(root, fmt.Sprint("dir", i%7))
		require.NoError(t, os.MkdirAll(dir, 0o755))
		content := bytes.Repeat([]byte{byte(i)}, i*1000)
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprint("file ", i)), content, 0o644))
	}
	require.NoError(t, os.Symlink("nowhere", filepath.Join(root, "link")))
	return root
}

func crawled(t *testing.T, ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(ctx, args, &out, &errs)
	require.Empty(t, registry.All(false), "callers are left over")
	return code, out.String(), errs.String()
}

// What find and sha256sum say of the tree is what we say.
func TestAgainstSha256sum(t *testing.T) {
	root := tree(t, 100)
	if _, err := exec.LookPath("sha256sum"); err != nil {
		t.Skip("no sha256sum here")
	}
	want, err := exec.Command("sh", "-c", `find "$1" -type f -print0 | xargs -0 sha256sum`, "sh", root).Output()
	require.NoError(t, err)

	code, out, stderr := crawled(t, t.Context(), "-list", "-workers", "3", root)
	require.Zero(t, code, stderr)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Equal(t, "100 files, 4950000 bytes, hashed on 3 threads", lines[100])
	require.ElementsMatch(t, strings.Split(strings.TrimSpace(string(want)), "\n"), lines[:100])
}

// A file that fails cancels the others.
func TestFail(t *testing.T) {
	code, out, stderr := crawled(t, t.Context(), "-fail", "10", "-workers", "2", tree(t, 100))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "made to fail")
	var files int
	_, err := fmt.Sscanf(out, "%d files", &files)
	require.NoError(t, err)
	require.Less(t, files, 12)
}

func TestInterruptedBefore(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	code, out, stderr := crawled(t, ctx, tree(t, 10))
	require.Equal(t, 130, code)
	require.Empty(t, out)
	require.Equal(t, "crawl: interrupted\n", stderr)
}

// Ctrl-C while one file has been hashed and listed, and another takes for ever.
func TestInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no signals")
	}
	root := tree(t, 2)
	endless := filepath.Join(root, "dir0", "file 0")
	if err := os.Truncate(endless, 1<<40); err != nil {
		t.Skip("no sparse files here:", err)
	}
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, "-list", "-workers", "2", root)
	cmd.Env = append(os.Environ(), child+"=1", "GORACE=atexit_sleep_ms=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	out := bufio.NewReader(stdout)
	line, err := out.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, filepath.Join("dir1", "file 1"))
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	rest, err := io.ReadAll(out)
	require.NoError(t, err)
	require.Error(t, cmd.Wait())
	require.Equal(t, 130, cmd.ProcessState.ExitCode())
	require.Equal(t, "1 files, 1000 bytes, hashed on 1 threads\n", string(rest))
	require.Equal(t, "crawl: interrupted\n", stderr.String())
}

// A walk does not follow its root, which may be a symbolic link all the same.
func TestSymlinkedRoot(t *testing.T) {
	root := tree(t, 10)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(root, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	again := filepath.Join(t.TempDir(), "link to the link")
	require.NoError(t, os.Symlink(link, again))
	_, want, _ := crawled(t, t.Context(), "-list", "-workers", "1", root)
	require.Contains(t, want, "10 files, 45000 bytes, hashed on 1 threads")
	for _, root := range []string{link, again} {
		code, out, stderr := crawled(t, t.Context(), "-list", "-workers", "1", root)
		require.Zero(t, code, stderr)
		require.Equal(t, want, out)
	}
}

// full is a disk.
type full struct{ writes int }

var errFull = errors.New("no space left")

func (f *full) Write([]byte) (int, error) {
	f.writes++
	return 0, errFull
}

// What cannot be written ends the crawl, or what is left of it, and is reported once.
func TestOutputFails(t *testing.T) {
	for _, args := range [][]string{{"-list"}, nil} {
		var out full
		var errs bytes.Buffer
		require.Equal(t, 1, run(t.Context(), append(args, tree(t, 100)), &out, &errs))
		require.Equal(t, "crawl: no space left\n", errs.String())
		require.Equal(t, 1, out.writes)
		require.Empty(t, registry.All(false), "callers are left over")
	}
}

func TestMisuse(t *testing.T) {
	five := tree(t, 5)
	file := filepath.Join(five, "dir0", "file 0")
	for _, row := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-workers", "0"}, 2, "usage"},
		{[]string{"-fail", "-1"}, 2, "usage"},
		{[]string{"-unknown"}, 2, "usage"},
		{[]string{"a", "b"}, 2, "usage"},
		{[]string{filepath.Join(file, "missing")}, 1, "crawl:"},
		{[]string{file}, 1, "not a directory"},
		{[]string{filepath.Join(five, "link")}, 1, "crawl:"},
		{[]string{"-fail", "6", five}, 1, "-fail 6: there are only 5 files"},
		{[]string{"-fail", "5", five}, 1, "made to fail"},
		{[]string{"-help"}, 0, "usage"},
	} {
		code, _, stderr := crawled(t, t.Context(), row.args...)
		require.Equal(t, row.code, code, row.args)
		require.Contains(t, stderr, row.says, row.args)
	}
}
