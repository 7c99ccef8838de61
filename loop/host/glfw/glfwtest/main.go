// Package glfwtest is for the tests of programs with GLFW windows. Main gives them the main thread and, where there
// is no display, an X server without a screen (Debian: xvfb); Close and Press play the user, under X11.
package glfwtest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

var calls = make(chan func())

// Main runs the tests beside the main thread, which is left to OnMain. TestMain has to call it and exit with
// what it returns. Without a display and Xvfb no test is run.
func Main(m *testing.M) (code int) {
	if os.Getenv("DISPLAY") == "" {
		stop, err := startServer()
		if err != nil {
			fmt.Println("neither a display nor Xvfb here:", err)
			return 0
		}
		defer stop()
	}
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

func startServer() (stop func(), err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	server := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset")
	server.ExtraFiles = []*os.File{write}
	err = server.Start()
	_ = write.Close()
	if err != nil {
		return nil, err
	}
	stop = func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}
	number, err := bufio.NewReader(read).ReadString('\n')
	if err == nil {
		err = os.Setenv("DISPLAY", ":"+strings.TrimSpace(number))
	}
	if err != nil {
		stop()
	}
	return stop, err
}
