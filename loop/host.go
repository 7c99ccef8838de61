package loop

import (
	"errors"
	"time"
)

// Host is a foreign event loop in whose native wait a Loop sleeps.
type Host interface {
	// Wait dispatches native events. It returns after some, after Wake, or after timeout; a negative
	// timeout is none. The loop calls it on its thread. An error ends the loop, which then stops with
	// it; one from the very first Wait, which has a timeout of 0, says that the host could not start.
	Wait(timeout time.Duration) error
	// Wake makes the present or the next Wait return. Any goroutine may call it at any time, also
	// before Wait and after Close; it must not block.
	Wake()
	// Close is called last, once, on the loop's thread. For a loop that was stopped before it ran, that is the
	// thread on which Run is called all the same; Done may be closed by then. Without Run there is no Close.
	Close() error
}

// unused closes the host of a loop that bind has refused because it was stopped before it ran, and returns
// what became of the host or, failing that, err.
func (l *Loop) unused(err error) error {
	if l.host == nil || !errors.Is(err, ErrStopped) || !l.runs.CompareAndSwap(false, true) {
		return err
	}
	pin()
	if !l.ownsThread {
		defer unpin()
	}
	if cerr := l.host.Close(); cerr != nil {
		return cerr
	}
	return err
}
