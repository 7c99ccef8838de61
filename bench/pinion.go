package main

import (
	"context"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
)

// callerContender is what users of Pinion hold.
type callerContender struct{ *caller.Caller }

func openCaller() contender       { return callerContender{newCaller()} }
func openCallerNoSpin() contender { return callerContender{newCaller(caller.WithSpin(0))} }

// newCaller starts a caller, or ends the process: there is nothing to measure without one.
func newCaller(opts ...caller.Option) *caller.Caller {
	c, err := caller.New(context.Background(), append(opts, caller.WithName("bench"))...)
	if err != nil {
		panic(err)
	}
	return c
}

func (c callerContender) post(fn func()) { must(c.CallDirect(fn)) }
func (c callerContender) do(fn func())   { must(c.Do(context.Background(), fn)) }
func (c callerContender) stop()          { must(c.Close()) }

// loopContender is the loop below a caller, without identity, kinship or pendings.
type loopContender struct {
	*loop.Loop
	ended chan error
}

func openLoop() contender {
	c := loopContender{loop.New(), make(chan error, 1)}
	go func() { c.ended <- c.Run(context.Background()) }()
	c.do(func() {}) // it runs now
	return c
}

func (c loopContender) post(fn func()) { must(c.Post(fn)) }
func (c loopContender) do(fn func())   { must(c.Do(context.Background(), fn)) }
func (c loopContender) stop()          { c.Stop(); must(<-c.ended) }

// must is for errors that no contender has any reason to return here.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
