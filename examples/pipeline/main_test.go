package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pinion-go/pinion/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What wc says of the text is what we say, and the reader never is further ahead than the queue allows: what is
// in it, and the line that it waits with.
func TestAgainstWc(t *testing.T) {
	source, err := os.ReadFile("main.go")
	require.NoError(t, err)
	text := bytes.Repeat(source, 20)
	var lines, words int
	if _, err := exec.LookPath("wc"); err != nil {
		t.Skip("no wc here")
	}
	wc := exec.Command("wc", "-l", "-w")
	wc.Stdin = bytes.NewReader(text)
	said, err := wc.Output()
	require.NoError(t, err)
	_, err = fmt.Sscan(string(said), &lines, &words)
	require.NoError(t, err)

	var out bytes.Buffer
	require.NoError(t, pipeline(t.Context(), bytes.NewReader(text), &out, 8, 100))
	reports := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, reports, lines/100+1)
	require.Equal(t, fmt.Sprintf("%d lines, %d words", lines, words), reports[len(reports)-1])
	for i, report := range reports[:len(reports)-1] {
		var so, ahead int
		_, err := fmt.Sscanf(report, "%d lines so far; the reader is %d ahead", &so, &ahead)
		require.NoError(t, err)
		require.Equal(t, 100*(i+1), so)
		require.LessOrEqual(t, ahead, 8+1)
	}
	requireNoCallers(t)
}

// A stage that fails, or is interrupted, must not look like the end of the text to the next one.
func TestAFailureEndsAllStages(t *testing.T) {
	broken := errors.New("the tape is torn")
	failing := func() io.Reader { return io.MultiReader(strings.NewReader("one\ntwo\n"), iotest.ErrReader(broken)) }
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		for _, row := range []struct {
			ctx          context.Context
			in           io.Reader
			limit, every int
			want         error
		}{
			{t.Context(), failing(), 1, 1, broken},
			{t.Context(), failing(), 8, 1000, broken},
			{ended, strings.NewReader("one\n"), 8, 1000, context.Canceled},
			{ended, strings.NewReader(""), 1, 1, context.Canceled},
		} {
			var out bytes.Buffer
			require.ErrorIs(t, pipeline(row.ctx, row.in, &out, row.limit, row.every), row.want)
			require.NotContains(t, out.String(), "words", "a total that is none")
		}
	}
	requireNoCallers(t)
}

func TestNoEndOfLine(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, pipeline(t.Context(), strings.NewReader("no end of line"), &out, 1, 1))
	require.Contains(t, out.String(), "1 lines, 4 words")
	requireNoCallers(t)
}

// It must not deadlock with the smallest queues either.
func TestSmallest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		require.NoError(t, pipeline(t.Context(), strings.NewReader(strings.Repeat("a b\n", 1000)), &out, 1, 1))
		require.Contains(t, out.String(), "1000 lines, 2000 words")
	})
	requireNoCallers(t)
}

// Ctrl-C while it waits for more of the standard input.
func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		stdin, typist := io.Pipe()
		go func() {
			_, _ = io.WriteString(typist, "a b\n")
			synctest.Wait()
			interrupt()
		}()
		var out, errs bytes.Buffer
		require.Equal(t, 130, run(ctx, []string{"-every", "1"}, stdin, &out, &errs))
		require.Equal(t, "1 lines so far; the reader is 0 ahead\n", out.String())
		require.Equal(t, "pipeline: interrupted\n", errs.String())
		require.NoError(t, typist.Close()) // ends the read that was given up
	})
	requireNoCallers(t)
}

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	require.NoError(t, os.WriteFile(text, []byte("a b\nc d\n"), 0o644))
	for _, row := range []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{nil, 0, "1 lines, 3 words\n", ""},
		{[]string{text, text}, 0, "4 lines, 8 words\n", ""},
		{[]string{text, dir}, 1, "", "pipeline: read " + dir},
		{[]string{filepath.Join(dir, "missing")}, 1, "", "pipeline: open "},
		{[]string{"-limit", "0"}, 2, "", "usage"},
		{[]string{"-unknown"}, 2, "", "usage"},
		{[]string{"-help"}, 0, "", "usage"},
	} {
		var out, errs bytes.Buffer
		require.Equal(t, row.code, run(t.Context(), row.args, strings.NewReader("from the input"), &out, &errs), row.args)
		require.Equal(t, row.stdout, out.String(), row.args)
		require.Contains(t, errs.String(), row.stderr, row.args)
	}
	requireNoCallers(t)
}

func requireNoCallers(t *testing.T) {
	t.Helper()
	require.Empty(t, registry.All(false), "callers are left over")
}
