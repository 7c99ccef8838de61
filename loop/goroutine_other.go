//go:build !amd64 && !arm64

package loop

import (
	"bytes"
	"runtime"
	"strconv"
)

// goroutineID tells goroutines apart by the number that heads their stack trace.
func goroutineID() uintptr {
	var buf [40]byte
	text := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	if i := bytes.IndexByte(text, ' '); i > 0 {
		text = text[:i]
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		panic("loop: no goroutine number in " + strconv.Quote(string(text)))
	}
	return uintptr(n)
}
