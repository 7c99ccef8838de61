package main

// #include <GLES3/gl3.h>
// #include <stdlib.h>
import "C"

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"unsafe"
)

// vertexShader covers everything with one triangle. It reads no vertices from memory, so a drawing call that
// gets into the wrong context cannot make GL read at a wrong address.
const vertexShader = `#version 300 es
void main() {
	gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`

// fragmentShader is scene.at. It computes in whole numbers, so that every pixel can be checked.
const fragmentShader = `#version 300 es
precision highp float;
precision highp int;
uniform ivec2 size;
uniform ivec3 background, triangle;
out vec4 color;
void main() {
	ivec2 p = ivec2(gl_FragCoord.xy);
	bool inside = abs(2 * p.x + 1 - size.x) * size.y < size.x * (size.y - p.y);
	ivec3 c = inside ? (background * (size.y - p.y) + triangle * p.y) / size.y : background;
	color = vec4(vec3(c) / 255.0, 1.0);
}`

// canvas is what is drawn on and with. Like all of GL, its methods belong on the thread where the canvas's
// context is current.
type canvas struct {
	width, height        C.GLsizei
	shaders              [2]C.GLuint
	program              C.GLuint
	framebuffer, pixels  C.GLuint
	background, triangle C.GLint // the uniforms
}

// init may be called once, and free is called after it whatever comes of it.
func (v *canvas) init(width, height int) error {
	v.width, v.height = C.GLsizei(width), C.GLsizei(height)
	if err := v.link(); err != nil {
		return err
	}
	C.glGenRenderbuffers(1, &v.pixels)
	C.glBindRenderbuffer(C.GL_RENDERBUFFER, v.pixels)
	C.glRenderbufferStorage(C.GL_RENDERBUFFER, C.GL_RGBA8, v.width, v.height)
	C.glGenFramebuffers(1, &v.framebuffer)
	C.glBindFramebuffer(C.GL_FRAMEBUFFER, v.framebuffer)
	C.glFramebufferRenderbuffer(C.GL_FRAMEBUFFER, C.GL_COLOR_ATTACHMENT0, C.GL_RENDERBUFFER, v.pixels)
	C.glViewport(0, 0, v.width, v.height)
	C.glClear(C.GL_COLOR_BUFFER_BIT)
	C.glEnable(C.GL_SCISSOR_TEST)
	if C.glCheckFramebufferStatus(C.GL_FRAMEBUFFER) != C.GL_FRAMEBUFFER_COMPLETE {
		return errors.New("the framebuffer is not complete")
	}
	return glError()
}

func (v *canvas) link() error {
	v.program = C.glCreateProgram()
	for i, source := range []string{vertexShader, fragmentShader} {
		v.shaders[i] = C.glCreateShader([]C.GLenum{C.GL_VERTEX_SHADER, C.GL_FRAGMENT_SHADER}[i])
		text := C.CString(source)
		C.glShaderSource(v.shaders[i], 1, &text, nil)
		C.free(unsafe.Pointer(text))
		C.glCompileShader(v.shaders[i])
		C.glAttachShader(v.program, v.shaders[i])
	}
	C.glLinkProgram(v.program)
	var linked C.GLint
	if C.glGetProgramiv(v.program, C.GL_LINK_STATUS, &linked); linked == 0 {
		return errors.New("the shaders cannot be linked")
	}
	C.glUseProgram(v.program)
	v.background, v.triangle = v.uniform("background"), v.uniform("triangle")
	C.glUniform2i(v.uniform("size"), v.width, v.height)
	return nil
}

func (v *canvas) uniform(name string) C.GLint {
	text := C.CString(name)
	defer C.free(unsafe.Pointer(text))
	return C.glGetUniformLocation(v.program, text)
}

func (v *canvas) free() {
	C.glDeleteFramebuffers(1, &v.framebuffer)
	C.glDeleteRenderbuffers(1, &v.pixels)
	C.glDeleteProgram(v.program)
	for _, shader := range v.shaders {
		C.glDeleteShader(shader)
	}
}

// restrict keeps what is drawn to r, which counts from the bottom.
func (v *canvas) restrict(r image.Rectangle) {
	C.glScissor(C.GLint(r.Min.X), C.GLint(r.Min.Y), C.GLsizei(r.Dx()), C.GLsizei(r.Dy()))
}

func (v *canvas) setBackground(c color.NRGBA) { setColor(v.background, c) }

func (v *canvas) setTriangle(c color.NRGBA) { setColor(v.triangle, c) }

func setColor(uniform C.GLint, c color.NRGBA) {
	C.glUniform3i(uniform, C.GLint(c.R), C.GLint(c.G), C.GLint(c.B))
}

func (v *canvas) draw() { C.glDrawArrays(C.GL_TRIANGLES, 0, 3) }

// read returns what has been drawn; GL's first row is the lowest.
func (v *canvas) read() *image.NRGBA {
	upside := image.NewNRGBA(image.Rect(0, 0, int(v.width), int(v.height)))
	C.glReadPixels(0, 0, v.width, v.height, C.GL_RGBA, C.GL_UNSIGNED_BYTE, unsafe.Pointer(&upside.Pix[0]))
	m := image.NewNRGBA(upside.Rect)
	for y := range m.Rect.Dy() {
		copy(m.Pix[m.PixOffset(0, y):], upside.Pix[upside.PixOffset(0, m.Rect.Dy()-1-y):][:m.Stride])
	}
	return m
}

// glError returns what has gone wrong in the current context since it was asked last.
func glError() error {
	if code := C.glGetError(); code != C.GL_NO_ERROR {
		return fmt.Errorf("OpenGL error %#x", int(code))
	}
	return nil
}
