package main

import "golang.org/x/sync/errgroup"

// errgroupContender is an errgroup limited to one goroutine at a time. It starts a goroutine for
// every function, so nothing about it is pinned.
type errgroupContender struct {
	group errgroup.Group
	done  pooledDone
}

func openErrgroup() contender {
	c := new(errgroupContender)
	c.group.SetLimit(1)
	return c
}

func (c *errgroupContender) post(fn func()) {
	c.group.Go(func() error { fn(); return nil })
}

func (c *errgroupContender) do(fn func()) { c.done.do(c, fn) }

func (c *errgroupContender) stop() {
	if err := c.group.Wait(); err != nil {
		panic(err)
	}
}
