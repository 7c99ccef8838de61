package loop

// Idle reports whether the loop has nothing to do: no calls queued, suspended or waiting for their time. The
// one that runs, which may be the one that asks, does not count. Any goroutine may call it.
func (l *Loop) Idle() bool {
	return l.nSuspended() == 0 && l.timers.len() == 0 && l.mailbox.Len() == 0
}

// nSuspended returns how many calls are suspended.
func (l *Loop) nSuspended() int {
	for {
		over := l.switches.Load()
		n := l.suspends.Load() - over
		if l.switches.Load() == over {
			return int(n)
		}
	}
}

// WhenIdle has fn called on the loop's thread, once, when the loop is Idle and no call runs. It takes the
// place of a function that still waits for that. A loop that stops before drops it. Any goroutine may call it,
// and it returns at once. It is a seam for packages that share loops out.
func (l *Loop) WhenIdle(fn func()) {
	if l.mailbox.PutExpress(funcCall(func() { l.whenIdle = fn })) {
		l.driver.wake()
	}
}

// tellIdle has the function of WhenIdle run, as a call, so that what it does cannot end the loop. It reports
// whether there is one to run now.
func (l *Loop) tellIdle() bool {
	if l.whenIdle == nil || !l.Idle() {
		return false
	}
	fn := l.whenIdle
	l.whenIdle = nil
	l.mailbox.PutExpress(funcCall(fn))
	return true
}
