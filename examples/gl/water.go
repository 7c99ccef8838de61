package main

import (
	"context"
	"image"
	"math/rand/v2"
	"time"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/queue"
)

// size is the water's, and the texture's, in both directions.
const size = 128

// water is the surface of a pond into which drops fall. It is the same at the same step always.
type water struct {
	step         int
	drops        *rand.Rand
	now, earlier *[size][size]float32
}

func newWater() *water {
	return &water{drops: rand.New(rand.NewPCG(1, 2)), now: new([size][size]float32), earlier: new([size][size]float32)}
}

// advance goes on by a step: each place is drawn to the height of those around it, and loses a little.
func (w *water) advance() {
	if w.step%50 == 0 {
		w.drop(8+w.drops.IntN(size-16), 8+w.drops.IntN(size-16))
	}
	w.step++
	for y := 1; y < size-1; y++ {
		for x := 1; x < size-1; x++ {
			around := w.now[y-1][x] + w.now[y+1][x] + w.now[y][x-1] + w.now[y][x+1]
			w.earlier[y][x] = (around/2 - w.earlier[y][x]) * 0.995
		}
	}
	w.now, w.earlier = w.earlier, w.now
}

func (w *water) drop(x, y int) {
	for dy := -4; dy <= 4; dy++ {
		for dx := -4; dx <= 4; dx++ {
			if d := dx*dx + dy*dy; d <= 16 {
				w.now[y+dy][x+dx] -= float32(17-d) / 10
			}
		}
	}
}

// paint shows how the surface is inclined.
func (w *water) paint(picture *image.RGBA) {
	for y := range size {
		for x := range size {
			light := 110 + 200*(w.now[y][x]-w.now[y][max(x-1, 0)]+w.now[y][x]-w.now[max(y-1, 0)][x])
			light = min(max(light, 0), 255)
			i := picture.PixOffset(x, y)
			copy(picture.Pix[i:i+4], []uint8{uint8(light / 3), uint8(light * 2 / 3), uint8(light), 255})
		}
	}
}

// picture is the water at a step.
type picture struct {
	*image.RGBA
	step int
}

// simulate runs on a worker's thread, 100 steps a second. It paints into the pictures that come in by free and
// queues them for upload on gui, by which they come in again.
func simulate(ctx context.Context, gui *caller.Caller, upload *queue.Func[picture], free <-chan picture) error {
	w := newWater()
	for next := time.Now(); ; next = later(next, 10*time.Millisecond) {
		if err := loop.Sleep(ctx, time.Until(next)); err != nil {
			return err
		}
		p, _, err := loop.Receive(ctx, free)
		if err != nil {
			return err
		}
		w.advance()
		w.paint(p.RGBA)
		p.step = w.step
		if err := caller.QueueCall(ctx, gui, upload, p); err != nil {
			return err
		}
	}
}

// later is the time at which to go on: what has been missed is not made up for.
func later(last time.Time, pace time.Duration) time.Time {
	if next := last.Add(pace); next.After(time.Now()) {
		return next
	}
	return time.Now()
}
