package loop

import "time"

// Host is a foreign event loop in whose native wait a Loop sleeps.
type Host interface {
	// Wait dispatches native events. It returns after some, after Wake, or after timeout; a negative
	// timeout is none. The loop calls it on its thread. An error ends the loop, which then stops with
	// it; one from the very first Wait, which has a timeout of 0, says that the host could not start.
	Wait(timeout time.Duration) error
	// Wake makes the present or the next Wait return. Any goroutine may call it at any time, also
	// before Wait and after Close; it must not block.
	Wake()
	// Close is called last, on the loop's thread.
	Close() error
}
