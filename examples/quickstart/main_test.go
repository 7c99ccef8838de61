package main

import (
	"context"
	"io"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// want is what quickstart prints, with the thread numbers left open.
var want = regexp.MustCompile(`^1\. gui runs on thread (\d+)
1\. db  runs on thread (\d+)
1\. gui runs on thread (\d+)
1\. db  runs on thread (\d+)
2\. gui: asks db for the answer and waits
2\. gui: handles a click meanwhile on thread (\d+)
2\. gui: got 42 on thread (\d+)
3\. gui: panic: out of cheese, with true stack
4\. db: gave up: context deadline exceeded
4\. db: the call ended: cancelled: the wait for it was given up: context deadline exceeded
5\. db: cleaned up on its own thread
5\. db: cancelled: loop: stopped - stopped
$`)

func TestOutput(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	stdout := os.Stdout
	os.Stdout = w
	err = run(context.Background())
	os.Stdout = stdout
	require.NoError(t, err)
	require.NoError(t, w.Close())
	out, err := io.ReadAll(r)
	require.NoError(t, err)
	threads := want.FindStringSubmatch(string(out))
	require.NotNil(t, threads, "printed:\n%s", out)
	gui, db := threads[1], threads[2]
	require.Equal(t, []string{gui, db, gui, db, gui, gui}, threads[1:])
}
