package main

import (
	"cmp"
	"context"
	"errors"
	"image"
	"image/png"
	"os"
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/queue"
)

const (
	title     = "pinion gl"
	frameRate = 60
)

var errClosed = errors.New("the window has been closed")

// shown is what the window has shown at last.
type shown struct {
	frames int
	step   int
	flood  *flood // nil: none
}

// view is for the GUI's thread alone.
type view struct {
	shown
	window *glfw.Window
	water  glTexture
	times  frameTimes
}

// show opens the window and draws frames until enough have been drawn, or life ends. It is a call on gui, and
// everything that it has begun has ended when it returns.
func show(life context.Context, end context.CancelCauseFunc, gui *caller.Caller, o options) (shown, error) {
	v, err := newView()
	if err != nil {
		return shown{}, err
	}
	defer v.window.Destroy()
	if o.flood {
		v.flood = &flood{gui: gui}
		defer func() { v.flood.on = false }()
	}
	v.window.SetCloseCallback(func(*glfw.Window) { end(errClosed) })
	v.window.SetKeyCallback(func(_ *glfw.Window, key glfw.Key, _ int, _ glfw.Action, _ glfw.ModifierKey) {
		if key == glfw.KeyEscape {
			end(errClosed)
		}
	})
	v.window.SetRefreshCallback(func(*glfw.Window) { v.draw() }) // some systems keep the thread while resizing

	free := make(chan picture, 2) // one is painted while the other one is uploaded
	for range cap(free) {
		free <- picture{RGBA: image.NewRGBA(image.Rect(0, 0, size, size))}
	}
	upload := queue.NewFunc(func(_ context.Context, p picture) error {
		v.water.upload(p.RGBA)
		v.step = p.step
		free <- p
		return glError()
	})
	simulation := gui.ToThread(life, func(ctx context.Context) error { return simulate(ctx, gui, upload, free) })
	simulation.AddDoneCallback(func(p pending.Handle) { end(p.Err()) }) // without it there is nothing to show
	err = v.frame(life, o.frames)
	end(err)
	_ = simulation.WaitDone(context.Background())
	caller.QueueClose(gui, upload)
	if errors.Is(err, errClosed) {
		err = nil
	}
	return v.shown, errors.Join(err, v.save(o.screenshot))
}

func newView() (*view, error) {
	glfw.DefaultWindowHints()
	window, err := glfw.CreateWindow(512, 512, title, nil, nil)
	if err != nil {
		return nil, err
	}
	if window == nil {
		return nil, errors.New("no window; go-gl/glfw has logged why")
	}
	window.MakeContextCurrent()
	glfw.SwapInterval(0) // waiting for the screen would hold the thread up; frame does that
	v := &view{window: window, water: newTexture()}
	v.water.upload(image.NewRGBA(image.Rect(0, 0, size, size)))
	return v, glError()
}

// frame draws as many frames, without end if that is 0. Between them the thread has time for calls and events.
func (v *view) frame(ctx context.Context, frames int) error {
	for next := time.Now(); frames == 0 || v.frames < frames; next = later(next, time.Second/frameRate) {
		if err := loop.Sleep(ctx, time.Until(next)); err != nil {
			return cmp.Or(context.Cause(ctx), err)
		}
		v.frames++
		start := time.Now()
		if v.flood != nil {
			v.flood.frame(start)
		}
		v.draw()
		if line, ok := v.times.add(start, time.Now(), v.step); ok {
			if v.flood != nil {
				line = v.flood.String()
			}
			v.window.SetTitle(title + ": " + line)
		}
	}
	return nil
}

func (v *view) draw() {
	width, height := v.window.GetFramebufferSize()
	drawFrame(width, height, v.frames, v.water)
	v.window.SwapBuffers()
}

// save draws the last frame once more, and writes what has come of it to a file on a worker.
func (v *view) save(file string) error {
	if file == "" {
		return nil
	}
	width, height := v.window.GetFramebufferSize()
	drawFrame(width, height, v.frames, v.water)
	frame := readFrame(width, height)
	if err := glError(); err != nil {
		return err
	}
	_, err := loop.Block(context.Background(), func(context.Context) (pending.None, error) {
		out, err := os.Create(file)
		if err != nil {
			return pending.None{}, err
		}
		return pending.None{}, errors.Join(png.Encode(out, frame), out.Close())
	})
	return err
}
