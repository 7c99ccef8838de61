package main

/*
#cgo darwin CFLAGS: -DGL_SILENCE_DEPRECATION
#cgo darwin LDFLAGS: -framework OpenGL
#cgo windows LDFLAGS: -lopengl32
#cgo !darwin,!windows LDFLAGS: -lGL

#ifdef __APPLE__
#include <OpenGL/gl.h>
#else
#ifdef _WIN32
#include <windows.h>
#endif
#include <GL/gl.h>
#endif

static GLuint newTexture(GLsizei size) {
	GLuint texture;
	glGenTextures(1, &texture);
	glBindTexture(GL_TEXTURE_2D, texture);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
	glTexEnvi(GL_TEXTURE_ENV, GL_TEXTURE_ENV_MODE, GL_REPLACE);
	glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, size, size, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
	return texture;
}

static void upload(GLuint texture, GLsizei size, const void *pixels) {
	glBindTexture(GL_TEXTURE_2D, texture);
	glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, size, size, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
}

static void draw(GLsizei width, GLsizei height, GLuint texture, const float *corners, const float *colors) {
	static const float square[] = {-1, 1, -1, -1, 1, 1, 1, -1};
	static const float places[] = {0, 0, 0, 1, 1, 0, 1, 1};
	glViewport(0, 0, width, height);
	glEnableClientState(GL_VERTEX_ARRAY);

	glEnable(GL_TEXTURE_2D);
	glBindTexture(GL_TEXTURE_2D, texture);
	glEnableClientState(GL_TEXTURE_COORD_ARRAY);
	glVertexPointer(2, GL_FLOAT, 0, square);
	glTexCoordPointer(2, GL_FLOAT, 0, places);
	glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
	glDisableClientState(GL_TEXTURE_COORD_ARRAY);
	glDisable(GL_TEXTURE_2D);

	glEnableClientState(GL_COLOR_ARRAY);
	glVertexPointer(2, GL_FLOAT, 0, corners);
	glColorPointer(3, GL_FLOAT, 0, colors);
	glDrawArrays(GL_TRIANGLES, 0, 3);
	glDisableClientState(GL_COLOR_ARRAY);
}

static void readPixels(GLsizei width, GLsizei height, void *pixels) {
	glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
}
*/
import "C"

import (
	"fmt"
	"image"
	"math"
	"unsafe"
)

// colors are those of the triangle's corners.
var colors = [3][3]float32{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}

// radius is how far the corners are from the middle of the window, whose edges are at 1 and -1.
const radius = 0.7

// corners are those of the triangle after so many frames. It takes ten seconds for a turn.
func corners(frames int) (at [3][2]float32) {
	for i := range at {
		y, x := math.Sincos(math.Pi/2 + 2*math.Pi*(float64(i)/3-float64(frames)/(10*frameRate)))
		at[i] = [2]float32{float32(radius * x), float32(radius * y)}
	}
	return at
}

// glTexture belongs, as all of OpenGL here, on the thread that has made the window's context current.
type glTexture C.GLuint

func newTexture() glTexture { return glTexture(C.newTexture(size)) }

func (t glTexture) upload(picture *image.RGBA) {
	C.upload(C.GLuint(t), size, unsafe.Pointer(&picture.Pix[0]))
}

// drawFrame fills a window of that size with the texture, and draws the triangle in front of it.
func drawFrame(width, height, frames int, t glTexture) {
	at := corners(frames)
	C.draw(C.GLsizei(width), C.GLsizei(height), C.GLuint(t), (*C.float)(&at[0][0]), (*C.float)(&colors[0][0]))
}

// readFrame returns what has been drawn since the last swap.
func readFrame(width, height int) *image.RGBA {
	upsideDown, frame := image.NewRGBA(image.Rect(0, 0, width, height)), image.NewRGBA(image.Rect(0, 0, width, height))
	C.readPixels(C.GLsizei(width), C.GLsizei(height), unsafe.Pointer(&upsideDown.Pix[0]))
	for y := range height {
		row := upsideDown.Pix[(height-1-y)*upsideDown.Stride:]
		copy(frame.Pix[y*frame.Stride:(y+1)*frame.Stride], row)
	}
	for i := 3; i < len(frame.Pix); i += 4 {
		frame.Pix[i] = 255 // whatever the window keeps there
	}
	return frame
}

// glError is the first error since the last time.
func glError() error {
	if code := C.glGetError(); code != C.GL_NO_ERROR {
		return fmt.Errorf("OpenGL error %#x", code)
	}
	return nil
}
