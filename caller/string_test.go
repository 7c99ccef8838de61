package caller_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
)

// C-17: printing works in every state and shows what there is to know.
func TestC17_String(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := manual(t, caller.WithName("painter"))
		require.Equal(t, fmt.Sprintf(`Caller "painter" #%d running`, c.ID()), c.String())
		child := get(t, c, "brush")
		require.Contains(t, c.String(), " children 1")
		inChild := call(t, child, func(context.Context) string { return child.String() })
		require.Contains(t, inChild, "→")
		require.NoError(t, child.Close())
		require.NoError(t, c.Poll(t.Context(), 0))
		require.Equal(t, fmt.Sprintf(`Caller "painter" #%d running thread →%d`, c.ID(), c.ThreadID()), c.String())
		elsewhere := make(chan string)
		go func() { elsewhere <- c.String() }()
		require.Equal(t, fmt.Sprintf(`Caller "painter" #%d running thread %d`, c.ID(), c.ThreadID()), <-elsewhere)

		c.Protect()
		require.Contains(t, c.String(), " 🔒")
		release, err := c.Hold()
		require.NoError(t, err)
		_, err = c.Hold()
		require.NoError(t, err)
		require.Contains(t, c.String(), " 🔒 held 2 times")
		release()
		require.Contains(t, c.String(), " 🔒 held 1 times")

		c.Stop(true)
		require.Contains(t, c.String(), "stopping")
		require.NoError(t, c.Close())
		require.Equal(t, fmt.Sprintf(`Caller "painter" #%d stopped 🔒 held 1 times`, c.ID()), c.String())
	})
}

func TestStateString(t *testing.T) {
	for state, want := range map[caller.State]string{
		caller.Starting: "starting", caller.Running: "running", caller.Stopping: "stopping", caller.Stopped: "stopped",
		-1: "State(-1)", caller.Stopped + 1: "State(4)", 9: "State(9)",
	} {
		require.Equal(t, want, state.String())
		require.Equal(t, want, fmt.Sprint(state))
	}
}

// C-17: without a name there is one all the same.
func TestC17_NameDefaults(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t)
		require.Equal(t, fmt.Sprintf("caller-%d", c.ID()), c.Name())
		child := get(t, c, "")
		require.Equal(t, fmt.Sprintf("caller-%d/%d", c.ID(), child.ID()), child.Name())
	})
}

// C-17: a caller that has stopped can be collected.
func TestC17_StoppedCallerIsFreed(t *testing.T) {
	realTime(t)
	parent, err := caller.New(t.Context())
	require.NoError(t, err)
	freed := make(chan struct{})
	func() {
		c := get(t, parent, "child")
		_ = call(t, c, func(context.Context) int { return 1 })
		runtime.AddCleanup(c, func(ch chan struct{}) { close(ch) }, freed)
		require.NoError(t, c.Close())
	}()
	collected := func() bool {
		runtime.GC()
		select {
		case <-freed:
			return true
		default:
			return false
		}
	}
	for n := 0; !collected(); n++ {
		require.Less(t, n, 10_000, "the caller is not freed")
		runtime.Gosched()
	}
	require.NoError(t, parent.Close())
}
