package loop

import (
	"os"
	"time"

	"github.com/rs/zerolog"
)

// Option configures a Loop.
type Option interface{ apply(*Loop) }

type option func(*Loop)

func (o option) apply(l *Loop) { o(l) }

// WithName gives the loop the name that logs, traces and profiles show.
func WithName(name string) Option { return option(func(l *Loop) { l.name = name }) }

// WithLogger sets where warnings and errors go. Unless set they go to standard error.
func WithLogger(log zerolog.Logger) Option { return option(func(l *Loop) { l.log = log }) }

// WithHost lets the loop sleep in the native wait of a foreign event loop.
func WithHost(h Host) Option { return option(func(l *Loop) { l.host = h }) }

// WithGuest makes the loop a guest of a foreign event loop that keeps the thread. run must arrange
// for its argument to be called on that thread soon, and return without waiting for it; it is called
// from any goroutine, at most once for every time the loop has run out of work. Such a loop is driven
// by those calls instead of Run. Several loops may be guests on one thread.
//
// While the thread is in a nested native loop, such as a modal dialog's, which a call or a native handler has
// started, calls that have not started are run and cannot wait (ErrCannotSuspend); suspended ones go on when it has
// returned. A call that starts one lets other calls run, as one that waits does.
func WithGuest(run func(func())) Option { return option(func(l *Loop) { l.guestRun = run }) }

// WithSpin limits how long the two ends of a Do may poll for each other before they sleep: 50 µs
// unless set, 0 for never. A poll that follows one in vain may take six times as long, to find the other end
// again. The loop polls only while that has proved faster than sleeping.
func WithSpin(limit time.Duration) Option { return option(func(l *Loop) { l.pace.limit = limit }) }

// WithSlowCall sets how long a call may hold the thread before a warning names it, with its stack:
// 100 ms unless set, 0 for never.
func WithSlowCall(limit time.Duration) Option { return option(func(l *Loop) { l.watch.limit = limit }) }

// WithMailboxLimit limits how many calls may be queued that have not started. Past it, Post and Do
// fail with ErrMailboxFull. 0, the default, is no limit.
func WithMailboxLimit(n int) Option { return option(func(l *Loop) { l.limit = n }) }

// WithOwner attaches the object that the loop belongs to; see Owner.
func WithOwner(owner any) Option { return option(func(l *Loop) { l.owner = owner }) }

// WithOwnThread has Run return with the goroutine still pinned, so that the Go runtime destroys the thread
// when the goroutine ends, and nothing that C code keeps for a thread is passed on.
func WithOwnThread() Option { return option(func(l *Loop) { l.ownsThread = true }) }

// WithHooks has started called when the loop begins to be driven, with a host once that has got through
// its first Wait, and stopped when nothing of it runs any more, with what Run returns. Both are called
// on the loop's thread; stopped on the stopping goroutine if the loop never was driven.
func WithHooks(started func(), stopped func(error)) Option {
	return option(func(l *Loop) { l.onStart, l.onStop = started, stopped })
}

// DefaultLogger writes warnings and errors to standard error.
func DefaultLogger() zerolog.Logger {
	return zerolog.New(os.Stderr).Level(zerolog.WarnLevel).With().Timestamp().Logger()
}
