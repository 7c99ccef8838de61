package main

import "github.com/panjf2000/ants/v2"

// antsContender is an ants pool of one worker; not pinned.
type antsContender struct {
	pool *ants.Pool
	done pooledDone
}

func openAnts() contender {
	pool, err := ants.NewPool(1)
	if err != nil {
		panic(err)
	}
	return &antsContender{pool: pool}
}

func (c *antsContender) post(fn func()) {
	if err := c.pool.Submit(fn); err != nil {
		panic(err)
	}
}

func (c *antsContender) do(fn func()) { c.done.do(c, fn) }
func (c *antsContender) stop()        { c.pool.Release() }
