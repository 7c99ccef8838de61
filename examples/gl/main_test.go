package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pinion-go/pinion/loop/host/glfw/glfwtest"
	"github.com/pinion-go/pinion/registry"
)

func TestMain(m *testing.M) {
	code := glfwtest.Main(m)
	if code == 0 {
		if err := goleak.Find(goleak.IgnoreTopFunction("os/signal.signal_recv"), goleak.IgnoreTopFunction("os/signal.loop")); err != nil {
			fmt.Println(err)
			code = 1
		}
	}
	os.Exit(code)
}

func ran(t *testing.T, ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	glfwtest.OnMain(func() { code = run(ctx, args, &out, &errs) })
	require.Empty(t, registry.All(false), "callers are left over")
	return code, out.String(), errs.String()
}

// The triangle stands as it should after so many frames, before the water as it is at the step that was uploaded
// last.
func TestScreenshot(t *testing.T) {
	for _, frames := range []int{1, 50} {
		file := filepath.Join(t.TempDir(), "frame.png")
		code, out, stderr := ran(t, t.Context(), "-frames", fmt.Sprint(frames), "-screenshot", file)
		require.Zero(t, code, stderr)
		var step int
		_, err := fmt.Sscanf(out, fmt.Sprint(frames, " frames, the water at step %d\n"), &step)
		require.NoError(t, err, out)
		if frames > 1 {
			require.Positive(t, step)
		}
		frame := decode(t, file)
		checkTriangle(t, frame, frames)
		checkWater(t, frame, step)
	}
}

// In a flood of calls frames go on: no more calls come between two of them than were begun before the second one was
// due, in one slice of time, and in one turn of what is queued.
func TestFlood(t *testing.T) {
	code, out, stderr := ran(t, t.Context(), "-flood", "-frames", fmt.Sprint(3*floodTurn))
	require.Zero(t, code, stderr)
	var frames, step, mostCalls int
	var quiet, full, calls float64
	_, err := fmt.Sscanf(out, "%d frames, the water at step %d\n%f frames a second; in the flood %f, and %f calls a second, at most %d between two frames\n",
		&frames, &step, &quiet, &full, &calls, &mostCalls)
	require.NoError(t, err, out)
	require.Equal(t, 3*floodTurn, frames)
	require.Positive(t, quiet)
	require.Positive(t, full)
	require.Positive(t, calls)
	require.LessOrEqual(t, mostCalls, int((time.Second/frameRate+8*time.Millisecond)/floodWork)+floodCalls, out)
	t.Log(out)
}

func decode(t *testing.T, file string) image.Image {
	in, err := os.Open(file)
	require.NoError(t, err)
	defer in.Close()
	frame, err := png.Decode(in)
	require.NoError(t, err)
	return frame
}

// same compares colours but for what OpenGL may round.
func same(t *testing.T, want [3]float64, got color.Color, where string) {
	r, g, b, _ := got.RGBA()
	for i, v := range []uint32{r, g, b} {
		require.InDelta(t, want[i], float64(v>>8), 4, "%s: want %v, got %v", where, want, got)
	}
}

// checkTriangle looks near the corners, where their colour is mixed with a fifteenth of the others, and in the
// middle, where they are mixed in equal parts.
func checkTriangle(t *testing.T, frame image.Image, frames int) {
	at := func(x, y float32) color.Color {
		size := frame.Bounds().Size()
		return frame.At(int((1+x)/2*float32(size.X)), int((1-y)/2*float32(size.Y)))
	}
	same(t, [3]float64{85, 85, 85}, at(0, 0), "middle")
	for i, corner := range corners(frames) {
		want := [3]float64{17, 17, 17}
		want[i] = 221
		same(t, want, at(corner[0]*0.8, corner[1]*0.8), fmt.Sprint("corner ", i))
	}
}

// checkWater compares what the triangle cannot hide with the same water, made anew.
func checkWater(t *testing.T, frame image.Image, step int) {
	w, want := newWater(), image.NewRGBA(image.Rect(0, 0, size, size))
	for range step {
		w.advance()
	}
	if step > 0 {
		w.paint(want)
	}
	bounds, seen := frame.Bounds().Size(), make(map[color.Color]bool)
	for y := range size {
		for x := range size {
			if math.Hypot(float64(2*x-size), float64(2*y-size)) < (radius+0.1)*size {
				continue
			}
			c := want.RGBAAt(x, y)
			seen[c] = true
			same(t, [3]float64{float64(c.R), float64(c.G), float64(c.B)},
				frame.At((2*x+1)*bounds.X/(2*size), (2*y+1)*bounds.Y/(2*size)), fmt.Sprint("water at ", x, " ", y))
		}
	}
	if step > 50 { // the waves of the second drop have come there
		require.Greater(t, len(seen), 10)
	}
}

// The user ends the program when the title of the window tells the time that frames take.
func TestClosed(t *testing.T) {
	const escape = 9
	for name, act := range map[string]func() error{
		"button": func() error { return glfwtest.Close(title + ": ") },
		"Escape": func() error { return glfwtest.Press(title+": ", escape) },
	} {
		ctx, giveUp := context.WithCancel(t.Context())
		go func() {
			if !assert.NoError(t, act()) {
				giveUp()
			}
		}()
		code, out, stderr := ran(t, ctx)
		giveUp()
		require.Zero(t, code, "%s: %s", name, stderr)
		require.Contains(t, out, "frames")
	}
}

func TestInterrupted(t *testing.T) {
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt)
	defer stop()
	go func() {
		assert.NoError(t, glfwtest.Press(title, 24)) // the window is there
		self, err := os.FindProcess(os.Getpid())
		assert.NoError(t, err)
		assert.NoError(t, self.Signal(os.Interrupt))
	}()
	code, _, stderr := ran(t, ctx)
	require.Equal(t, 130, code)
	require.Contains(t, stderr, "interrupted")
}

func TestFailures(t *testing.T) {
	for _, row := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-frames", "-1"}, 2, "Usage"},
		{[]string{"-unknown"}, 2, "Usage"},
		{[]string{"unknown"}, 2, "Usage"},
		{[]string{"-help"}, 0, "Usage"},
		{[]string{"-frames", "1", "-screenshot", filepath.Join(t.TempDir(), "missing", "frame.png")}, 1, "missing"},
	} {
		code, _, stderr := ran(t, t.Context(), row.args...)
		require.Equal(t, row.code, code, row.args)
		require.Contains(t, stderr, row.says)
	}
	t.Setenv("DISPLAY", ":nonsense")
	code, out, stderr := ran(t, t.Context())
	require.Equal(t, 1, code)
	require.Empty(t, out)
	require.Contains(t, stderr, "display :nonsense")
}

func TestFrameTimes(t *testing.T) {
	var times frameTimes
	at := time.Unix(0, 0)
	for i := range 100 {
		line, ok := times.add(at, at.Add(2*time.Millisecond), i)
		require.Equal(t, i > 0 && i%49 == 0, ok, i)
		if ok {
			require.Equal(t, fmt.Sprintf("10.2 ms a frame, at most 20.0 ms, 2.0 ms of it drawing; water at step %d", i), line)
		}
		at = at.Add(10 * time.Millisecond)
		if i%50 == 10 {
			at = at.Add(10 * time.Millisecond)
		}
	}
}
