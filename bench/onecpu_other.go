//go:build !linux

package main

import "os/exec"

// startOnOneCPU leaves it at GOMAXPROCS=1 where affinity cannot be had in a line or two.
func startOnOneCPU(cmd *exec.Cmd) error { return cmd.Start() }
