package main

import (
	"fmt"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/Zyko0/go-sdl3/sdl"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/registry"
)

// child is the variable by which the test binary becomes the program, which needs the main thread.
const child = "PINION_SDL_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(child) {
	case "user":
		go use()
		main()
	case "interrupted":
		go tell(os.Interrupt)
		main()
	case "terminated":
		go tell(syscall.SIGTERM)
		main()
	case "program":
		main()
	}
	os.Exit(m.Run())
}

// use presses the space bar twice and closes the window.
func use() {
	awaitGame()
	for range 2 {
		var press sdl.Event
		*(*sdl.KeyboardEvent)(unsafe.Pointer(&press)) = sdl.KeyboardEvent{Type: sdl.EVENT_KEY_DOWN, Key: sdl.K_SPACE}
		_ = sdl.PushEvent(&press)
		time.Sleep(delay + 200*time.Millisecond)
	}
	for range 2 { // the second one is ignored
		_ = sdl.PushEvent(&sdl.Event{Type: sdl.EVENT_QUIT})
	}
}

// tell sends this process a signal.
func tell(signal os.Signal) {
	awaitGame()
	self, _ := os.FindProcess(os.Getpid())
	_ = self.Signal(signal)
}

// awaitGame returns when the game has been on for a while.
func awaitGame() {
	for len(registry.All(true)) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(500 * time.Millisecond)
}

func program(t *testing.T, args ...string) (cmd *exec.Cmd, stdout, stderr *strings.Builder) {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd = exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), child+"=program", "SDL_VIDEO_DRIVER=dummy", "TMPDIR="+t.TempDir())
	stdout, stderr = new(strings.Builder), new(strings.Builder)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// The frames go on while loads are suspended, and the pictures are seen in the end.
func TestFrames(t *testing.T) {
	file := filepath.Join(t.TempDir(), "game.png")
	cmd, stdout, stderr := program(t, "-frames", "90", "-every", "88", "-screenshot", file)
	require.NoError(t, cmd.Run(), stderr)
	var frames, meanwhile, loaded int
	_, err := fmt.Sscanf(stdout.String(), "%d frames, %d of them while a load was suspended; %d pictures loaded", &frames, &meanwhile, &loaded)
	require.NoError(t, err, stdout)
	require.Equal(t, 90, frames)
	require.Greater(t, meanwhile, 10)
	require.Equal(t, 1, loaded)

	in, err := os.Open(file)
	require.NoError(t, err)
	defer in.Close()
	picture, err := png.Decode(in)
	require.NoError(t, err)
	require.Equal(t, "(0,0)-(480,320)", picture.Bounds().String())
	count := map[color.Color]int{}
	for y := range height {
		for x := range width {
			count[color.NRGBAModel.Convert(picture.At(x, y))]++
		}
	}
	disc := count[color.NRGBA{60, 200, 90, 255}]
	require.InDelta(t, 3.14159*size*size/4, disc, 60, "one green disc")
	require.Greater(t, count[color.NRGBA{200, 120, 0, 255}], width*barHeight*2/3, "the bar is orange: a load is suspended")
	require.Greater(t, count[color.NRGBA{255, 255, 255, 255}], 100, "text")
	require.Greater(t, count[color.NRGBA{16, 16, 32, 255}], width*height*3/4, "background")
}

// The space bar loads pictures, and closing the window ends the program.
func TestKeyAndClose(t *testing.T) {
	cmd, stdout, stderr := program(t, "-every", "0")
	cmd.Env = append(cmd.Env, child+"=user")
	require.NoError(t, cmd.Run(), stderr)
	require.Contains(t, stdout.String(), " 2 pictures loaded")
}

// Ctrl-C and SIGTERM stop in order, also while a load is suspended, and leave nothing behind.
func TestInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no interrupts to send")
	}
	for _, how := range []string{"interrupted", "terminated"} {
		cmd, stdout, stderr := program(t, "-every", "1")
		dir := t.TempDir()
		cmd.Env = append(cmd.Env, child+"="+how, "TMPDIR="+dir)
		_ = cmd.Run()
		require.Equal(t, 130, cmd.ProcessState.ExitCode(), stderr)
		require.Contains(t, stdout.String(), "frames")
		require.Contains(t, stderr.String(), "sdl: interrupted\n")
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
}

func TestMisuse(t *testing.T) {
	for _, args := range [][]string{{"-frames", "-1"}, {"-every", "-1"}, {"more"}, {"-screenshot", "x.png"}} {
		cmd, _, stderr := program(t, args...)
		_ = cmd.Run()
		require.Equal(t, 2, cmd.ProcessState.ExitCode(), args)
		require.Contains(t, stderr.String(), "-screenshot")
	}
	cmd, _, stderr := program(t, "-frames", "1", "-screenshot", filepath.Join(t.TempDir(), "no", "x.png"))
	_ = cmd.Run()
	require.Equal(t, 1, cmd.ProcessState.ExitCode())
	require.Contains(t, stderr.String(), "no such file")
}
