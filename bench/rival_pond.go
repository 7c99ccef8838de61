package main

import "github.com/alitto/pond/v2"

// pondContender is a pond pool of one worker. Pools choose their own goroutines, and a worker that
// runs out of tasks ends, so nothing about it is pinned.
type pondContender struct{ pool pond.Pool }

func openPond() contender { return pondContender{pond.NewPool(1)} }

func (c pondContender) post(fn func()) {
	if err := c.pool.Go(fn); err != nil {
		panic(err)
	}
}

func (c pondContender) do(fn func()) {
	if err := c.pool.Submit(fn).Wait(); err != nil {
		panic(err)
	}
}

func (c pondContender) stop() { c.pool.StopAndWait() }
