package queue_test

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/queue"
)

// item is a value with what is needed to find out that it has come through unharmed and in its turn.
type item struct {
	producer, seq int
	check         uint64
}

func checksum(producer, seq int) uint64 {
	x := uint64(producer)<<32 | uint64(seq)
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

func newItem(producer, seq int) item { return item{producer, seq, checksum(producer, seq)} }

// consumer counts what it gets. It sleeps as a loop does: on a channel, once the mailbox lets it.
type consumer struct {
	t                 *testing.T
	m                 *queue.Mailbox[item]
	signal            chan struct{}
	next, nextExpress []int
	got, sleeps       int
	started           uint64
}

func (c *consumer) receive(items []item, next []int) {
	for _, v := range items {
		if v.check != checksum(v.producer, v.seq) {
			c.t.Errorf("damaged: %+v", v)
		}
		if v.seq != next[v.producer] {
			c.t.Errorf("producer %d: got %d instead of %d", v.producer, v.seq, next[v.producer])
		}
		next[v.producer] = v.seq + 1
		c.got++
	}
}

// run consumes until there have been total items. The lanes are taken together or one alone, by turns.
func (c *consumer) run(total int) {
	var ordinary, express []item
	for turn := 0; c.got < total; turn++ {
		if !c.m.NonEmpty() && c.m.Sleep() {
			c.sleeps++
			<-c.signal
			c.m.Wakened()
		}
		if turn%3 != 0 { // as a loop does that has not run all of the last yet
			express = c.m.TakeExpress(express)
			c.receive(express, c.nextExpress)
		}
		if turn%3 == 1 {
			continue
		}
		ordinary = c.m.Take(ordinary)
		c.receive(ordinary, c.next)
		c.started += uint64(len(ordinary))
		c.m.SetStarted(c.started)
	}
}

// Many producers, one consumer: nothing is lost, doubled, damaged or out of its producer's order, nobody
// sleeps on something, and each sleep is ended by exactly one of them.
func TestMailboxHammer(t *testing.T) {
	for _, procs := range []int{1, 2, 4, 8} {
		for _, limit := range []int{0, 1, 64} {
			t.Run(fmt.Sprintf("procs %d, limit %d", procs, limit), func(t *testing.T) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				hammer(t, limit)
			})
		}
	}
}

func hammer(t *testing.T, limit int) {
	const producers = 4
	n := 20_000
	if testing.Short() || runtime.GOARCH == "wasm" {
		n = 2000
	}
	m := queue.NewMailbox[item](limit)
	c := &consumer{t: t, m: m, signal: make(chan struct{}, 1),
		next: make([]int, producers), nextExpress: make([]int, producers)}
	var wakes atomic.Int64
	wake := func() {
		wakes.Add(1)
		select {
		case c.signal <- struct{}{}:
		default:
			t.Error("a second wake-up for one sleep")
		}
	}
	var all sync.WaitGroup
	for producer := range producers {
		all.Go(func() {
			express := 0
			for seq := 0; seq < n; {
				switch woken, err := m.Put(newItem(producer, seq)); {
				case errors.Is(err, queue.ErrFull) && limit > 0:
					runtime.Gosched()
					continue
				case err != nil:
					t.Error(err)
					return
				case woken:
					wake()
				}
				if seq++; seq%4 == 0 {
					if m.PutExpress(newItem(producer, express)) {
						wake()
					}
					express++
				}
				if seq%1000 == 0 {
					runtime.Gosched() // gives the consumer time to fall asleep
				}
			}
		})
	}
	c.run(producers * (n + n/4))
	all.Wait()
	require.False(t, m.NonEmpty())
	require.Zero(t, m.Len())
	require.EqualValues(t, c.sleeps, wakes.Load())
	for producer := range producers {
		require.Equal(t, n, c.next[producer])
		require.Equal(t, n/4, c.nextExpress[producer])
	}
}

// The limit holds at every moment, and all of it can be used.
func TestMailboxLimitIsNotExceeded(t *testing.T) {
	const limit, producers, n = 3, 4, 5000
	m := queue.NewMailbox[int](limit)
	var accepted, started, fullest atomic.Int64
	var all sync.WaitGroup
	for range producers {
		all.Go(func() {
			for range n {
				if _, err := m.Put(1); err == nil {
					accepted.Add(1)
				} else {
					runtime.Gosched()
				}
				got := m.Len()
				if got < 0 || got > limit {
					t.Errorf("Len is %d", got)
				}
				if got == limit {
					fullest.Store(limit)
				}
			}
		})
	}
	stop := make(chan struct{})
	var consumer sync.WaitGroup
	consumer.Go(func() {
		count := 0
		for {
			o := m.Take(nil)
			for range o {
				count++
				started.Store(int64(count))
				m.SetStarted(uint64(count))
			}
			select {
			case <-stop:
				if !m.NonEmpty() {
					return
				}
			default:
				runtime.Gosched()
			}
		}
	})
	all.Wait()
	close(stop)
	consumer.Wait()
	require.Equal(t, accepted.Load(), started.Load())
	require.EqualValues(t, limit, fullest.Load())
}

// Of a Put and a Close at the same time, either the value is there or the Put has failed.
func TestMailboxPutRacesClose(t *testing.T) {
	n := 2000
	for range n {
		m := queue.NewMailbox[int](0)
		var all sync.WaitGroup
		var accepted atomic.Int64
		for range 3 {
			all.Go(func() {
				if _, err := m.Put(1); err == nil {
					accepted.Add(1)
				}
			})
		}
		all.Go(m.Close)
		all.Wait()
		o := m.Take(nil)
		require.EqualValues(t, accepted.Load(), len(o))
		_, err := m.Put(1)
		require.ErrorIs(t, err, queue.ErrClosed)
	}
}
