package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// tiles is how many there are in a row and in a column. Each is drawn by itself.
const tiles = 8

// scene is a triangle that comes out of a background, in colours of its own.
type scene struct {
	size                 size
	background, triangle color.NRGBA
}

// newScene returns number i of n scenes.
func newScene(i, n int, size size) scene {
	hue := func(luma, angle float64) color.NRGBA {
		sin, cos := math.Sincos(angle)
		r, g, b := color.YCbCrToRGB(uint8(luma), uint8(128+60*cos), uint8(128+60*sin))
		return color.NRGBA{r, g, b, 255}
	}
	angle := 2 * math.Pi * float64(i) / float64(n)
	return scene{size, hue(90, angle), hue(190, angle+math.Pi)}
}

// at is the right colour of a pixel; y counts from the bottom, as in GL.
func (s scene) at(x, y int) color.NRGBA {
	w, h := s.size.width, s.size.height
	if max(2*x+1-w, w-2*x-1)*h >= w*(h-y) {
		return s.background
	}
	mix := func(b, t uint8) uint8 { return uint8((int(b)*(h-y) + int(t)*y) / h) }
	return color.NRGBA{
		mix(s.background.R, s.triangle.R),
		mix(s.background.G, s.triangle.G),
		mix(s.background.B, s.triangle.B),
		255,
	}
}

// right counts the pixels of m that are as they should be.
func (s scene) right(m *image.NRGBA) int {
	n := 0
	for y := range s.size.height {
		for x := range s.size.width {
			if m.NRGBAAt(x, s.size.height-1-y) == s.at(x, y) {
				n++
			}
		}
	}
	return n
}

// picture is what comes of rendering a scene.
type picture struct {
	image   *image.NRGBA
	right   int          // pixels
	errs    []error      // that EGL and GL have reported
	threads map[int]bool // that GL was called on
}

func (p *picture) note(err error) {
	if err != nil {
		p.errs = append(p.errs, err)
	}
}

// renderAll renders a scene with each context, all at the same time. When it returns nothing of it is in
// progress, also when ctx has ended.
func renderAll(ctx context.Context, d display, o options) ([]picture, error) {
	pictures := make([]picture, o.contexts)
	err := group.Run(ctx, func(ctx context.Context, _ *group.PendingGroup) error {
		for i := range pictures {
			draw := func(ctx context.Context) (picture, error) { return render(ctx, d, newScene(i, o.contexts, o.size)) }
			pending.Go(ctx, func(ctx context.Context) (_ pending.None, err error) {
				if o.unpinned {
					pictures[i], err = draw(ctx)
				} else {
					pictures[i], err = onThread(ctx, fmt.Sprint("gl ", i+1), draw)
				}
				return
			})
		}
		return nil
	})
	return pictures, err
}

// onThread is draw on a caller of its own, whose life is the call and not ctx: it ends with Close, which waits.
func onThread(ctx context.Context, name string, draw func(context.Context) (picture, error)) (picture, error) {
	// Without a graphics card a shader takes its time to compile, which is nothing to be warned of.
	c, err := caller.New(context.WithoutCancel(ctx), caller.WithName(name), caller.WithSlowCall(0))
	if err != nil {
		return picture{}, err
	}
	defer c.Close()
	return caller.CallSoon(ctx, c, draw).Wait(ctx)
}

// render draws s in a context of its own, in small calls, and gives the thread away in between. A call of a
// caller is suspended meanwhile and goes on where it was; a goroutine goes on on any thread, where another's
// context may be current, or none. Whatever EGL and GL report, it draws on. What it has made is freed on the
// thread where it was made, also when ctx ends or the caller stops.
func render(ctx context.Context, d display, s scene) (picture, error) {
	p := picture{threads: make(map[int]bool)}
	c, err := d.newContext()
	if err != nil {
		return p, err
	}
	defer c.destroy()
	p.note(c.makeCurrent())
	var v canvas
	defer v.free()
	p.note(v.init(s.size.width, s.size.height))
	for i := range tiles * tiles {
		for _, step := range []func(){
			func() { v.restrict(s.tile(i%tiles, i/tiles)) },
			func() { v.setBackground(s.background) },
			func() { v.setTriangle(s.triangle) },
			v.draw,
		} {
			step()
			p.threads[syscall.Gettid()] = true
			// This stands for whatever a program waits for while it draws.
			if err := loop.Sleep(ctx, rand.N(100*time.Microsecond)); err != nil {
				return p, err
			}
		}
		p.note(glError())
	}
	p.image = v.read()
	p.note(glError())
	p.right = s.right(p.image)
	return p, nil
}

func (s scene) tile(column, row int) image.Rectangle {
	w, h := s.size.width, s.size.height
	return image.Rect(column*w/tiles, row*h/tiles, (column+1)*w/tiles, (row+1)*h/tiles)
}
