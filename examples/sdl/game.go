package main

import (
	"context"
	"fmt"
	"time"

	"github.com/Zyko0/go-sdl3/sdl"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
)

const (
	width, height = 480, 320
	frame         = time.Second / 60
)

type options struct {
	frames, every int
	screenshot    string
}

// game is touched by its caller's thread alone, and so without a lock.
type game struct {
	options
	url    string
	closed chan struct{}

	ctx      context.Context // of the calls that handlers hand over; set while the game is played
	c        *caller.Caller
	window   *sdl.Window
	renderer *sdl.Renderer
	sprites  []sprite

	drawn, meanwhile, loading, loaded int
	failed                            error
}

type sprite struct {
	x, y, dx, dy float32
	picture      *sdl.Texture
}

// handle gets SDL's events. It must not wait: what has to wait becomes a call.
func (g *game) handle(event sdl.Event) {
	switch event.Type {
	case sdl.EVENT_QUIT, sdl.EVENT_WINDOW_CLOSE_REQUESTED:
		select {
		case g.closed <- struct{}{}:
		default:
		}
	case sdl.EVENT_KEY_DOWN:
		if key := event.KeyboardEvent(); key.Key == sdl.K_SPACE && !key.Repeat && g.ctx != nil {
			g.c.CallSoon(g.ctx, g.load)
		}
	}
}

// play draws until the window is closed, the frames are over, a load fails or ctx ends. Then the loads that are
// left are cancelled, and the window goes after them.
func (g *game) play(ctx context.Context, c *caller.Caller) (err error) {
	if g.window, err = sdl.CreateWindow("Pinion", width, height, 0); err != nil {
		return err
	}
	defer g.window.Destroy()
	if g.renderer, err = g.window.CreateRenderer("software"); err != nil {
		return err
	}
	defer g.renderer.Destroy()
	return c.PendingGroup(ctx, func(ctx context.Context, loads *group.PendingGroup) error {
		g.ctx, g.c = ctx, c
		defer func() {
			g.ctx = nil
			loads.Cancel("the game is over")
		}()
		return g.frameLoop(ctx)
	}, group.WithMode(group.CancelQuietly))
}

func (g *game) frameLoop(ctx context.Context) error {
	for next := time.Now(); g.frames == 0 || g.drawn < g.frames; {
		if g.every > 0 && g.drawn%g.every == 0 {
			g.c.CallSoon(g.ctx, g.load)
		}
		if err := g.draw(); err != nil {
			return err
		}
		if g.screenshot != "" && g.drawn == g.frames {
			if err := g.shoot(ctx); err != nil {
				return err
			}
		}
		if err := g.renderer.Present(); err != nil {
			return err
		}
		next = next.Add(frame)
		if err := loop.Sleep(ctx, time.Until(next)); err != nil {
			return err
		}
		select {
		case <-g.closed:
			return nil
		default:
		}
		if g.failed != nil {
			return g.failed
		}
	}
	return nil
}

// load is a call of its own: it is suspended until the picture has come, and frames are drawn meanwhile.
func (g *game) load(ctx context.Context) error {
	g.loading++
	picture, err := loop.Block(ctx, func(ctx context.Context) ([]byte, error) { return fetch(ctx, g.url) })
	g.loading--
	if err == nil {
		err = g.add(picture)
	}
	if err != nil && ctx.Err() == nil {
		g.failed = err
	}
	return err
}

// draw moves the sprites and draws them.
func (g *game) draw() error {
	bar := sdl.Color{R: 40, G: 40, B: 60, A: 255}
	if g.loading > 0 {
		g.meanwhile++
		bar = sdl.Color{R: 200, G: 120, B: 0, A: 255}
	}
	g.drawn++
	text := fmt.Sprintf("frame %d, %d while loading, %d loaded", g.drawn, g.meanwhile, g.loaded)
	r := g.renderer
	_ = r.SetDrawColor(16, 16, 32, 255)
	_ = r.Clear()
	for i := range g.sprites {
		s := &g.sprites[i]
		s.x, s.dx = bounce(s.x, s.dx, width-size)
		s.y, s.dy = bounce(s.y, s.dy, height-barHeight-size)
		if err := r.RenderTexture(s.picture, nil, &sdl.FRect{X: s.x, Y: s.y + barHeight, W: size, H: size}); err != nil {
			return err
		}
	}
	_ = r.SetDrawColor(bar.R, bar.G, bar.B, bar.A)
	_ = r.RenderFillRect(&sdl.FRect{W: width, H: barHeight})
	_ = r.SetDrawColor(255, 255, 255, 255)
	if err := r.DebugText(8, 8, text); err != nil {
		return err
	}
	if g.drawn%60 == 0 {
		_ = g.window.SetTitle("Pinion: " + text)
	}
	return nil
}

// bounce moves along one axis between 0 and end.
func bounce(at, by, end float32) (float32, float32) {
	at += by
	if at < 0 || at > end {
		return min(max(at, 0), end), -by
	}
	return at, by
}
