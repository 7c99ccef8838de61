package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/caller/callertest"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/registry"
)

// asProgram makes the test binary the program itself.
const asProgram = "OFFSCREEN_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

func rendered(t *testing.T, ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(ctx, args, &out, &errs)
	require.Empty(t, registry.All(false), "callers are left over")
	return code, out.String(), errs.String()
}

// command runs the program as a process of its own.
func command(t *testing.T, env string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", env)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError))
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func load(t *testing.T, path string) *image.NRGBA {
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	decoded, err := png.Decode(file)
	require.NoError(t, err)
	m := image.NewNRGBA(decoded.Bounds())
	draw.Draw(m, m.Rect, decoded, image.Point{}, draw.Src)
	return m
}

func TestPinned(t *testing.T) {
	for _, row := range []struct {
		contexts int
		size     size
	}{{1, size{256, 256}}, {8, size{256, 256}}, {3, size{31, 77}}, {2, size{5, 3}}, {2, size{1, 1}}, {64, size{40, 20}}} {
		t.Run(fmt.Sprint(row), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new")
			code, out, stderr := rendered(t, t.Context(),
				"-contexts", fmt.Sprint(row.contexts), "-size", row.size.String(), "-o", dir)
			require.Zero(t, code, stderr)
			require.Contains(t, out, "pinned: 0.0 % of the pixels are wrong, 0 errors\n")
			require.Equal(t, row.contexts, strings.Count(out, "threads used: 1\n"))
			backgrounds := make(map[color.NRGBA]bool)
			for i := range row.contexts {
				m := load(t, filepath.Join(dir, fmt.Sprintf("pinned-%d.png", i+1)))
				require.Equal(t, image.Rect(0, 0, row.size.width, row.size.height), m.Rect)
				require.Equal(t, row.size.width*row.size.height, newScene(i, row.contexts, row.size).right(m))
				if row.size.width >= tiles {
					backgrounds[isTriangle(t, m)] = true
				}
			}
			if row.size.width >= tiles {
				require.Len(t, backgrounds, row.contexts, "each has a background of its own")
			}
		})
	}
}

// isTriangle looks at m without help from the scene, and returns the background.
func isTriangle(t *testing.T, m *image.NRGBA) color.NRGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	background := m.NRGBAAt(0, 0)
	require.EqualValues(t, 255, background.A)
	require.NotEqual(t, background, m.NRGBAAt(w/2, 1), "the tip")
	inside, last := 0, 0
	for y := range h {
		row := 0
		for x := range w {
			c := m.NRGBAAt(x, y)
			require.Equal(t, c, m.NRGBAAt(w-1-x, y), "left and right are alike")
			if c != background {
				row++
			}
		}
		if y < h*3/4 { // below, it has nearly the background's colour
			require.GreaterOrEqual(t, row, last, "it widens")
			last = row
		}
		inside += row
	}
	require.InDelta(t, 0.5, float64(inside)/float64(w*h), 0.06)
	return background
}

// A process of its own: the contexts stay on threads that live on.
func TestUnpinned(t *testing.T) {
	dir := t.TempDir()
	code, out, stderr := command(t, "", "-unpinned", "-o", dir)
	require.Zero(t, code, stderr)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 9)
	all, right := 0, 0
	for i, line := range lines[:8] {
		path := filepath.Join(dir, fmt.Sprintf("unpinned-%d.png", i+1))
		n := newScene(i, 8, size{256, 256}).right(load(t, path))
		require.True(t, strings.HasPrefix(line, fmt.Sprintf("%s: %d of 65536 pixels are right, ", path, n)), line)
		all, right = all+65536, right+n
	}
	require.Less(t, right, all)
	require.True(t, strings.HasPrefix(lines[8],
		fmt.Sprintf("unpinned: %.1f %% of the pixels are wrong, ", 100*float64(all-right)/float64(all))), lines[8])
	t.Log(lines[8])
}

func TestWithoutEGL(t *testing.T) {
	for _, mode := range []string{"-unpinned=false", "-unpinned=true"} {
		code, _, stderr := command(t, "__EGL_VENDOR_LIBRARY_FILENAMES=/dev/null", mode, "-o", t.TempDir())
		require.Equal(t, 1, code)
		require.Contains(t, stderr, "offscreen: EGL has no EGL_MESA_platform_surfaceless here")
	}
}

// To render takes ten milliseconds at the very least.
func TestInterrupted(t *testing.T) {
	for _, after := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		code, _, stderr := rendered(t, ctx, "-o", t.TempDir())
		cancel()
		require.Equal(t, 130, code, stderr)
		require.Contains(t, stderr, "interrupted")
	}
}

// nothingIsCurrent is to be called on the thread in question.
func nothingIsCurrent(t *testing.T) {
	assert.Error(t, new(canvas).init(1, 1))
}

func TestFreedOnItsThread(t *testing.T) {
	d, err := openDisplay()
	require.NoError(t, err)
	defer d.close()
	// begin renders on c, and has meanwhile called when something has been drawn and the call sleeps.
	begin := func(t *testing.T, c *caller.Caller, meanwhile func(pending.Handle)) (p *pending.Pending[picture], ended *error) {
		ended = new(error)
		draw := func(ctx context.Context) (picture, error) {
			defer nothingIsCurrent(t)
			p, err := render(ctx, d, newScene(0, 1, size{64, 64}))
			*ended = err
			return p, err
		}
		require.NoError(t, c.Do(t.Context(), func() { // so that neither starts before both are handed over
			p = caller.CallSoon(t.Context(), c, draw)
			assert.NoError(t, c.CallDirect(func() {
				assert.ErrorIs(t, p.Err(), pending.ErrNotDone)
				assert.NoError(t, new(canvas).init(64, 64), "the context is current")
				meanwhile(p)
			}))
		}))
		require.NoError(t, p.WaitDone(t.Context()))
		return p, ended
	}
	t.Run("cancelled", func(t *testing.T) {
		p, ended := begin(t, callertest.New(t), func(p pending.Handle) { p.Cancel("") })
		require.True(t, p.Cancelled())
		require.ErrorIs(t, *ended, context.Canceled)
	})
	t.Run("stopped", func(t *testing.T) {
		c := callertest.New(t)
		_, ended := begin(t, c, func(pending.Handle) { c.Stop(true) })
		require.NoError(t, c.WaitStopped(t.Context()))
		require.ErrorIs(t, *ended, loop.ErrStopped)
	})
	t.Run("done", func(t *testing.T) {
		_, ended := begin(t, callertest.New(t), func(pending.Handle) {})
		require.NoError(t, *ended)
	})
}

func TestMisuse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	for _, row := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-contexts", "0"}, 2, "usage"},
		{[]string{"-contexts", "65"}, 2, "1 to 64 contexts"},
		{[]string{"-contexts", "x"}, 2, "usage"},
		{[]string{"-size", "256"}, 2, "320x200"},
		{[]string{"-size", "256x"}, 2, "320x200"},
		{[]string{"-size", "0x7"}, 2, "320x200"},
		{[]string{"-size", "7x-7"}, 2, "320x200"},
		{[]string{"-size", "7x7x7"}, 2, "320x200"},
		{[]string{"-size", "2049x1"}, 2, "2048"},
		{[]string{"-unknown"}, 2, "usage"},
		{[]string{"more"}, 2, "no arguments"},
		{[]string{"-size", "8x8", "-o", file}, 1, "not a directory"},
		{[]string{"-help"}, 0, "usage"},
	} {
		code, _, stderr := rendered(t, t.Context(), row.args...)
		require.Equal(t, row.code, code, row.args)
		require.Contains(t, stderr, row.says, row.args)
	}
}
