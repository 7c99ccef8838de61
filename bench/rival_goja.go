package main

import (
	"github.com/dop251/goja"
	"github.com/dop251/goja_nodejs/eventloop"
)

// gojaContender is the event loop of goja_nodejs, run on a pinned goroutine. Its functions take the
// JavaScript runtime, so a plain function has to be wrapped: one of its allocations is that wrapper.
type gojaContender struct {
	loop  *eventloop.EventLoop
	done  pooledDone
	ended <-chan struct{}
}

func openGoja() contender {
	c := &gojaContender{loop: eventloop.NewEventLoop(eventloop.EnableConsole(false))}
	c.ended = pinnedGoroutine(c.loop.StartInForeground)
	c.do(func() {}) // Stop does nothing to a loop that has not begun to run
	return c
}

func (c *gojaContender) post(fn func()) { c.loop.RunOnLoop(func(*goja.Runtime) { fn() }) }
func (c *gojaContender) do(fn func())   { c.done.do(c, fn) }
func (c *gojaContender) stop()          { c.loop.Stop(); <-c.ended }
