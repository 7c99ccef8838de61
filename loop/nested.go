package loop

import (
	"iter"
	"time"
)

// A guest may be asked to run while its thread is in a nested native loop, such as a modal dialog's: below a call
// that has started it, or below a native handler. Coroutines can be switched to only at the depth they were made at,
// so suspended calls have to wait until that loop has returned. Calls that have not started can run, on a coroutine
// that is made for them and ended at once; they cannot wait.

// inCall reports whether co is a call's, not a driver.
func (co *coroutine) inCall() bool { return co != nil && co != &co.loop.rootSelf }

// nested is drain inside a nested native loop. What is left waits until that has returned, which nobody tells.
func (g *guest) nested() {
	l := g.loop
	if !l.nested() {
		g.after(slice, g.wake)
		return
	}
	if next := l.timers.next(); next != never {
		_ = g.sleep(time.Duration(max(next-l.now(), 1)))
	}
}

// nested runs calls inside a nested native loop, for a slice of time. It reports whether that was all: then the
// loop sleeps until there is more. It does nothing for a loop that nobody drives yet, or another goroutine, or that stops.
func (l *Loop) nested() (done bool) {
	if co := here(); co == nil || co.loop.root != l.root || l.stopping.Load() {
		return false
	}
	var aside []Call // suspended calls of the ordinary lane: those that have yielded
	now := l.now()   // of all timers, so that one that is armed anew does not keep calls back
	until := now + int64(slice)
	for more := true; more; {
		more = l.runApart(func() Call {
			for !l.stopping.Load() && l.now() < until {
				c := l.fresh(now)
				if _, suspended := c.(*coroutine); !suspended {
					return c
				}
				aside = append(aside, c)
			}
			return nil
		})
	}
	for _, c := range aside {
		l.mailbox.PutLast(c)
	}
	return l.pos == len(l.batch) && l.resumePos == len(l.resumes) && !l.stopping.Load() && l.mailbox.Sleep()
}

// fresh returns a timer that is due at now or the next call of the ordinary lane.
func (l *Loop) fresh(now int64) Call {
	for c := l.timers.pop(now); c != nil; c = l.timers.pop(now) {
		if _, sleeper := c.(*coroutine); !sleeper {
			l.timersRun.Inc()
			return c
		}
		l.mailbox.PutExpress(c)
	}
	l.take()
	if l.pos == len(l.batch) {
		return nil
	}
	c := l.batch[l.pos]
	l.batch[l.pos] = nil
	l.pos++
	if _, yielded := c.(*coroutine); !yielded {
		l.calls++
		l.mailbox.SetStarted(l.calls)
	}
	return c
}

// runApart runs calls on a coroutine of their own, which cannot be suspended. It reports whether one of them has
// ended the coroutine, so that there may be more.
func (l *Loop) runApart(next func() Call) (more bool) {
	co := &coroutine{loop: l}
	co.parker.co = co
	resume, end := iter.Pull(func(yield func(struct{}) bool) {
		co.begin(yield)
		defer co.ended()
		for co.runAll(next) {
		}
		co.over = true
	})
	defer func() {
		end()
		if v := recover(); v != nil && v != errEnded {
			panic(v)
		}
		more = !co.over
	}()
	resume()
	return false
}

// runAll runs calls until there are none, and reports false then, or until one panics.
func (co *coroutine) runAll(next func() Call) (more bool) {
	defer co.caught()
	more = true
	for c := next(); c != nil; c = next() {
		co.call = c
		c.Run()
		co.call = nil
	}
	return false
}
