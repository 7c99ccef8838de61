package caller_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

func Example_readme() {
	ctx := context.Background()
	gl, err := caller.New(ctx, caller.WithName("gl")) // a thread of its own
	if err != nil {
		panic(err)
	}
	defer gl.Close()

	// Runs on that thread, waits there, and the thread goes on meanwhile.
	slow := caller.CallSoon(ctx, gl, func(ctx context.Context) (string, error) {
		err := loop.Sleep(ctx, 20*time.Millisecond) // or Wait, Receive, Block, …
		return "the slow one", err
	})
	quick := caller.CallSoon(ctx, gl, func(context.Context) (string, error) {
		return "the quick one", nil
	})
	slow.AddDoneCallback(func(p pending.Handle) { fmt.Println("done, with error", p.Err()) })

	fmt.Println(quick.Wait(ctx))
	fmt.Println(slow.Wait(ctx))
	// Output:
	// the quick one <nil>
	// done, with error <nil>
	// the slow one <nil>
}

// TestREADME makes sure that what README.md shows as Go code is code that a test runs.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Skip("no file system here:", err)
	}
	var sources strings.Builder
	for _, pattern := range []string{"*_test.go", "../*/*_test.go", "../examples/*/*.go"} {
		names, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, name := range names {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			sources.WriteString(flat(string(text)))
		}
	}
	snippets := strings.Split(string(readme), "```go\n")[1:]
	require.NotEmpty(t, snippets)
	for _, snippet := range snippets {
		code, _, _ := strings.Cut(snippet, "```")
		require.Contains(t, sources.String(), flat(code))
	}
}

// flat is text without indentation and empty lines.
func flat(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
