//go:build !linux && !windows && !darwin

package loop

// OSThreadID stands in where there is one thread only (js/wasm) or no way to ask: each loop then has
// the number of its goroutine.
func OSThreadID() int { return int(goroutineID()) }
