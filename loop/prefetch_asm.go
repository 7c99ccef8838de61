//go:build amd64 || arm64

package loop

// prefetch has the processor fetch so many lines of cache from addr on, which need not be valid. It waits for
// nothing.
func prefetch(addr uintptr, lines int)
