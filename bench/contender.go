package main

import (
	"runtime"
	"sync"
)

// A contender is one way to have functions run one at a time on a goroutine of its own.
type contender interface {
	post(fn func()) // hand fn over; may block while the contender's queue is full
	do(fn func())   // hand fn over and wait until it has run
	stop()          // after the last post has run: end the goroutine and wait for it
}

// A way is a contender that has not been started yet.
type way struct {
	name   string
	pinned bool // every function runs on one OS thread
	ours   bool // Pinion, not a rival of it
	open   func() contender
}

// pinnedText says in the tables' words whether w keeps to one OS thread.
func (w way) pinnedText() string {
	if w.pinned {
		return "yes"
	}
	return "no"
}

// postWays are the contenders of the workloads that only post. Pinion comes first: the others are
// compared with it. How a call is waited for makes no difference here, so the ways that differ only
// in that are left out.
func postWays() []way {
	return append([]way{
		{"Pinion caller", true, true, openCaller},
		{"Pinion loop", true, true, openLoop},
		{"chan, unbuffered", true, false, func() contender { return openChan(0, freshDone{}) }},
		{"chan, 1024 slots", true, false, func() contender { return openChan(1024, freshDone{}) }},
		{"mutex and slice", true, false, openSlice},
	}, libraryWays()...)
}

// doWays are the contenders of the workloads that wait for each call.
func doWays() []way {
	ways := append([]way{
		{"Pinion caller", true, true, openCaller},
		{"Pinion loop", true, true, openLoop},
		{"Pinion caller, never polls", true, true, openCallerNoSpin},
	}, chanWays()...)
	return append(append(ways, way{"mutex and slice, pooled done", true, false, openSlice}), libraryWays()...)
}

func chanWays() []way {
	return []way{
		{"chan, unbuffered", true, false, func() contender { return openChan(0, freshDone{}) }},
		{"chan, unbuffered, pooled done", true, false, func() contender { return openChan(0, new(pooledDone)) }},
		{"chan, 1024 slots", true, false, func() contender { return openChan(1024, freshDone{}) }},
		{"chan, 1024 slots, pooled done", true, false, func() contender { return openChan(1024, new(pooledDone)) }},
	}
}

func libraryWays() []way {
	return append(append([]way{{"goja_nodejs eventloop", true, false, openGoja}}, poolWays()...),
		way{"errgroup", false, false, openErrgroup})
}

func poolWays() []way {
	return []way{
		{"pond", false, false, openPond},
		{"ants", false, false, openAnts},
		{"conc pool", false, false, openConc},
	}
}

// A waiter makes a do of a rival's post, which says nothing about the end of a call.
type waiter interface {
	do(c contender, fn func())
}

// freshDone makes a channel for every call, as most code does.
type freshDone struct{}

func (freshDone) do(c contender, fn func()) {
	done := make(chan struct{})
	c.post(func() { fn(); close(done) })
	<-done
}

// pooledDone uses the channel again, and the closure that sends on it, as code does once somebody
// has looked at its profile: no allocation is left.
type pooledDone struct{ pool sync.Pool }

type pooledCall struct {
	fn   func()
	done chan struct{}
	run  func() // calls fn, then sends on done
}

func (p *pooledDone) do(c contender, fn func()) {
	call, _ := p.pool.Get().(*pooledCall)
	if call == nil {
		call = &pooledCall{done: make(chan struct{}, 1)}
		call.run = func() { call.fn(); call.done <- struct{}{} }
	}
	call.fn = fn
	c.post(call.run)
	<-call.done
	p.pool.Put(call)
}

// pinnedGoroutine runs body on a goroutine that keeps its OS thread. The channel is closed when it has ended.
func pinnedGoroutine(body func()) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		body()
	}()
	return ended
}
