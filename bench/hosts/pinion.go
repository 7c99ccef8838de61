package main

import (
	"context"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/caller/mainthread"
	"github.com/pinion-go/pinion/loop"
)

// pinion is the way of a caller.
func pinion(name string, c *caller.Caller) way {
	return way{name: name, ours: true, post: func(fn func()) { must(c.CallDirect(fn)) }}
}

// onMain runs a caller on the main thread, in host. A call of it makes a window and then waits for measure, which runs
// on a goroutine of its own. The other ways' turns are calls, which are slow.
func onMain(host loop.Host, window func() (close func(), err error), measure func(c *caller.Caller) error) error {
	return mainthread.Run(func(ctx context.Context, c *caller.Caller) error {
		closeWindow, err := window()
		if err != nil {
			return err
		}
		defer closeWindow()
		_, err = loop.Block(ctx, func(context.Context) (struct{}, error) { return struct{}{}, measure(c) })
		return err
	}, caller.WithHost(host), caller.WithSlowCall(0))
}

// must is for errors that no way has any reason to return here.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
