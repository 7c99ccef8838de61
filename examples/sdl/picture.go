package main

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/Zyko0/go-sdl3/sdl"

	"github.com/pinion-go/pinion/loop"
)

const (
	size      = 48 // of a sprite
	barHeight = 24
	delay     = 300 * time.Millisecond // that the server takes to answer
)

// serve starts the slow server. Its pictures are raw RGBA.
func serve() (url string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(delay):
			_, _ = w.Write(disc())
		case <-r.Context().Done():
		}
	})}
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), func() {
		http.DefaultClient.CloseIdleConnections()
		_ = server.Close()
	}, nil
}

// disc is a green disc on nothing.
func disc() []byte {
	pixels := make([]byte, 4*size*size)
	for y := range size {
		for x := range size {
			if dx, dy := 2*x-size+1, 2*y-size+1; dx*dx+dy*dy <= size*size {
				copy(pixels[4*(y*size+x):], []byte{60, 200, 90, 255})
			}
		}
	}
	return pixels
}

func fetch(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}

// add makes a sprite of a picture.
func (g *game) add(pixels []byte) error {
	if len(pixels) != 4*size*size {
		return fmt.Errorf("a picture of %d bytes", len(pixels))
	}
	texture, err := g.renderer.CreateTexture(sdl.PIXELFORMAT_RGBA32, sdl.TEXTUREACCESS_STATIC, size, size)
	if err != nil {
		return err
	}
	if err := texture.Update(nil, pixels, 4*size); err != nil {
		return err
	}
	_ = texture.SetBlendMode(sdl.BLENDMODE_BLEND)
	g.loaded++
	n := float32(g.loaded)
	g.sprites = append(g.sprites, sprite{20 * n, 30 * n, 1 + n, 2, texture})
	return nil
}

// shoot writes what has been drawn to a file, which is waited for like a load.
func (g *game) shoot(ctx context.Context) error {
	surface, err := g.renderer.ReadPixels(nil)
	if err != nil {
		return err
	}
	defer surface.Destroy()
	rgba, err := surface.Convert(sdl.PIXELFORMAT_RGBA32)
	if err != nil {
		return err
	}
	defer rgba.Destroy()
	picture := image.NewRGBA(image.Rect(0, 0, int(rgba.W), int(rgba.H)))
	seen := &image.RGBA{Pix: rgba.Pixels(), Stride: int(rgba.Pitch), Rect: picture.Rect}
	draw.Draw(picture, picture.Rect, seen, image.Point{}, draw.Src)
	_, err = loop.Block(ctx, func(context.Context) (int, error) { return 0, writePNG(g.screenshot, picture) })
	return err
}

func writePNG(path string, picture image.Image) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(file, picture); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
