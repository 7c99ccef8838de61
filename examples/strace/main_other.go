//go:build !linux || !(amd64 || arm64)

// Strace is a system-call tracer; it needs Linux on amd64 or arm64.
package main

import (
	"fmt"
	"os"
	"runtime"
)

func main() {
	fmt.Fprintf(os.Stderr, "strace: needs Linux on amd64 or arm64, this is %s/%s\n", runtime.GOOS, runtime.GOARCH)
	os.Exit(1)
}
