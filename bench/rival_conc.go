package main

import "github.com/sourcegraph/conc/pool"

// concContender is a conc pool of one worker; not pinned, although its one goroutine does stay the same.
type concContender struct {
	pool *pool.Pool
	done pooledDone
}

func openConc() contender {
	return &concContender{pool: pool.New().WithMaxGoroutines(1)}
}

func (c *concContender) post(fn func()) { c.pool.Go(fn) }
func (c *concContender) do(fn func())   { c.done.do(c, fn) }
func (c *concContender) stop()          { c.pool.Wait() }
