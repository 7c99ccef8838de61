package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pinion-go/pinion/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tree makes a directory with n files of different sizes.
func tree(t *testing.T, n int) string {
	root := t.TempDir()
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

func TestInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	code, _, stderr := crawled(t, ctx, tree(t, 10))
	require.Equal(t, 130, code)
	require.Contains(t, stderr, "interrupted")
}

func TestMisuse(t *testing.T) {
	file := filepath.Join(tree(t, 1), "dir0", "file 0")
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
		{[]string{"-help"}, 0, "usage"},
	} {
		code, _, stderr := crawled(t, t.Context(), row.args...)
		require.Equal(t, row.code, code, row.args)
		require.True(t, slices.ContainsFunc([]string{stderr}, func(s string) bool { return strings.Contains(s, row.says) }), stderr)
	}
}
