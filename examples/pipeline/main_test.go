package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
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
	require.NoError(t, run(t.Context(), bytes.NewReader(text), &out, 8, 100))
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
}

func TestAFailureEndsAllStages(t *testing.T) {
	broken := errors.New("the tape is torn")
	in := io.MultiReader(strings.NewReader("one\ntwo\n"), iotest.ErrReader(broken))
	require.ErrorIs(t, run(t.Context(), in, io.Discard, 1, 1), broken)
	require.NoError(t, run(t.Context(), strings.NewReader("no end of line"), io.Discard, 1, 1))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, run(ended, strings.NewReader(""), io.Discard, 1, 1), context.Canceled)
}

// It must not deadlock with the smallest queues either.
func TestSmallest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		require.NoError(t, run(t.Context(), strings.NewReader(strings.Repeat("a b\n", 1000)), &out, 1, 1))
		require.Contains(t, out.String(), "1000 lines, 2000 words")
	})
}
