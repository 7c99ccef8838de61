//go:build unix

package sdl_test

import (
	"testing"
	"time"

	"github.com/Zyko0/go-sdl3/sdl"
	"github.com/ebitengine/purego"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	host "github.com/pinion-go/pinion/loop/host/sdl"
)

// Without a window an idle caller sleeps as well; SDL by itself would look every millisecond. Several tries, since
// the process has other things to do as well.
func TestIdle(t *testing.T) {
	for name, flags := range map[string]sdl.InitFlags{"video": sdl.INIT_VIDEO, "events": sdl.INIT_EVENTS} {
		t.Run(name, func(t *testing.T) {
			start(t, ignore, host.WithInit(flags))
			var idle error
			for range 5 {
				before := use()
				time.Sleep(time.Second)
				if idle = before.idleSince(time.Second); idle == nil {
					break
				}
			}
			require.NoError(t, idle)
		})
	}
}

// Events that a thread of C's queues wake the caller, too.
func TestEventsFromAThreadOfC(t *testing.T) {
	addTimer, err := purego.Dlsym(purego.RTLD_DEFAULT, "SDL_AddTimer")
	require.NoError(t, err)
	const events = 20
	seen := make(chan struct{}, events)
	c := start(t, func(event sdl.Event) {
		if event.Type == sdl.EVENT_USER {
			seen <- struct{}{}
		}
	})
	do(t, c, func() {})
	left := events
	timer, _, _ := purego.SyscallN(addTimer, 1, purego.NewCallback(func(uintptr, uint32, uint32) (again uintptr) {
		assert.NoError(t, sdl.PushEvent(userEvent(0)))
		if left--; left > 0 {
			again = 1
		}
		return again
	}), 0)
	require.NotZero(t, timer)
	for range events {
		<-seen
	}
}
