// Package glfwtest is for the tests of programs with GLFW windows. Main gives them the main thread and, where there
// is no display, an X server without a screen (Debian: xvfb); Close and Press play the user, under X11.
package glfwtest

import (
	"fmt"
	"testing"

	"github.com/pinion-go/pinion/loop/host/xvfb"
)

var calls = make(chan func())

// Main runs the tests beside the main thread, which is left to OnMain. TestMain has to call it and exit with
// what it returns. Without a display and Xvfb no test is run.
func Main(m *testing.M) (code int) {
	stop, err := xvfb.Start()
	if err != nil {
		fmt.Println(err)
		return 0
	}
	defer stop()
	codes := make(chan int)
	go func() { codes <- m.Run() }()
	for {
		select {
		case fn := <-calls:
			fn()
		case code := <-codes:
			return code
		}
	}
}

// OnMain runs fn on the main thread and returns when it has returned. Fn must not call t.FailNow.
func OnMain(fn func()) {
	done := make(chan struct{})
	calls <- func() {
		defer close(done)
		fn()
	}
	<-done
}
