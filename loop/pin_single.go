//go:build js || wasip1

package loop

// With one thread there is nothing to pin, and the runtime counts the locks of all goroutines together,
// which coroutines do not survive.
func pin()   {}
func unpin() {}
