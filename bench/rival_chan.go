package main

// chanContender is what most programs do: functions go through a channel into a pinned goroutine.
type chanContender struct {
	calls chan func()
	done  waiter
	ended <-chan struct{}
}

func openChan(slots int, done waiter) contender {
	c := &chanContender{calls: make(chan func(), slots), done: done}
	c.ended = pinnedGoroutine(func() {
		for fn := range c.calls {
			fn()
		}
	})
	return c
}

func (c *chanContender) post(fn func()) { c.calls <- fn }
func (c *chanContender) do(fn func())   { c.done.do(c, fn) }
func (c *chanContender) stop()          { close(c.calls); <-c.ended }
