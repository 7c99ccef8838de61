package main

// #cgo LDFLAGS: -lEGL -lGLESv2
// #include <EGL/egl.h>
// #include <EGL/eglext.h>
import "C"

import (
	"errors"
	"fmt"
	"strings"
)

// display is EGL without a screen. It may be used on any thread.
type display struct {
	egl    C.EGLDisplay
	config C.EGLConfig
}

func openDisplay() (display, error) {
	var d display
	extensions := C.eglQueryString(0, C.EGL_EXTENSIONS)
	if extensions == nil || !strings.Contains(C.GoString(extensions), "EGL_MESA_platform_surfaceless") {
		return d, errors.New("EGL has no EGL_MESA_platform_surfaceless here; install the packages that the README names")
	}
	if d.egl = C.eglGetPlatformDisplay(C.EGL_PLATFORM_SURFACELESS_MESA, nil, nil); d.egl == 0 {
		return d, eglError("eglGetPlatformDisplay")
	}
	if C.eglInitialize(d.egl, nil, nil) == 0 {
		return d, fmt.Errorf("%w; install the packages that the README names", eglError("eglInitialize"))
	}
	attributes := []C.EGLint{C.EGL_RENDERABLE_TYPE, C.EGL_OPENGL_ES3_BIT, C.EGL_SURFACE_TYPE, C.EGL_PBUFFER_BIT, C.EGL_NONE}
	var found C.EGLint
	if C.eglChooseConfig(d.egl, &attributes[0], &d.config, 1, &found) == 0 || found == 0 {
		d.close()
		return d, errors.New("EGL has no OpenGL ES 3 here")
	}
	return d, nil
}

func (d display) close() { C.eglTerminate(d.egl) }

// glContext is the state of OpenGL that belongs to one drawing.
type glContext struct {
	display C.EGLDisplay
	egl     C.EGLContext
}

func (d display) newContext() (glContext, error) {
	attributes := []C.EGLint{C.EGL_CONTEXT_CLIENT_VERSION, 3, C.EGL_NONE}
	c := glContext{d.egl, C.eglCreateContext(d.egl, d.config, nil, &attributes[0])}
	if c.egl == nil {
		return c, eglError("eglCreateContext")
	}
	return c, nil
}

// makeCurrent makes c the context that GL means on the calling thread. It can be that on one thread only.
func (c glContext) makeCurrent() error {
	if C.eglMakeCurrent(c.display, nil, nil, c.egl) == 0 {
		return eglError("eglMakeCurrent")
	}
	return nil
}

// destroy belongs on the thread where c is current, and frees what EGL keeps for that thread too. On another
// it takes that one's context away, and c stays until its own thread gets another context.
func (c glContext) destroy() {
	C.eglReleaseThread()
	C.eglDestroyContext(c.display, c.egl)
}

// eglError asks for the reason, which EGL keeps for each thread.
func eglError(function string) error {
	return fmt.Errorf("%s: EGL error %#x", function, int(C.eglGetError()))
}
