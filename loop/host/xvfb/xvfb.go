// Package xvfb gives a display to the tests and benchmarks of toolkits.
package xvfb

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Start makes sure that there is an X display. If DISPLAY names none, it starts an X server without a screen (Debian:
// xvfb) and has DISPLAY name that one until stop is called. The error is exec.ErrNotFound where Xvfb is not installed.
func Start() (stop func(), err error) {
	if os.Getenv("DISPLAY") != "" {
		return func() {}, nil
	}
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
		return nil, fmt.Errorf("xvfb: no display, and no server for one: %w", err)
	}
	stop = func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		_ = os.Unsetenv("DISPLAY")
	}
	number, err := bufio.NewReader(read).ReadString('\n')
	if err == nil {
		err = os.Setenv("DISPLAY", ":"+strings.TrimSpace(number))
	}
	if err != nil {
		stop()
		return nil, fmt.Errorf("xvfb: the server does not start: %w", err)
	}
	return stop, nil
}
