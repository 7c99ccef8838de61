package loop

import "time"

// Stats is a snapshot of a loop's counters. They are read one by one while the loop goes on.
type Stats struct {
	Name        string        `json:"name"`
	ThreadID    int           `json:"thread_id"`
	QueueDepth  int           `json:"queue_depth"`  // accepted calls that have not started
	Suspended   int           `json:"suspended"`    // calls that wait
	Timers      int           `json:"timers"`       // that wait for their time, sleeping calls among them
	Idle        int           `json:"idle"`         // coroutines kept for reuse
	CallsRun    uint64        `json:"calls_run"`    // calls started, timers included
	Dropped     uint64        `json:"dropped"`      // calls that the stop kept from running
	Panics      uint64        `json:"panics"`       // posted functions that panicked or called runtime.Goexit
	SlowCalls   uint64        `json:"slow_calls"`   // times the watchdog has warned
	LongestCall time.Duration `json:"longest_call"` // the longest time that a call has held the thread, to within 20 µs
	Polling     bool          `json:"polling"`      // Do polls at present
}

// Stats returns the loop's counters. It does not disturb the loop.
func (l *Loop) Stats() Stats {
	s := Stats{
		Name:        l.name,
		ThreadID:    l.ThreadID(),
		Suspended:   l.nSuspended(),
		Timers:      l.timers.len(),
		Idle:        int(l.nIdle.Load()),
		CallsRun:    l.mailbox.Started() + l.timersRun.Load() - l.counts.undone.Load(),
		Dropped:     l.counts.dropped.Load(),
		Panics:      l.counts.panics.Load(),
		SlowCalls:   l.counts.slow.Load(),
		LongestCall: time.Duration(l.longest.Load()),
		Polling:     l.pace.polling.Load(),
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state != stopped {
		s.QueueDepth = max(0, l.mailbox.Len()) // delayed calls, which a stop drops last, count as started only
	}
	return s
}
