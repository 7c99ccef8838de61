package queue_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/queue"
)

// Many producers and consumers, some of whom give up: nothing is lost, doubled, damaged or out of its producer's
// order as one consumer sees it, and the limit holds.
func TestQueueHammer(t *testing.T) {
	for _, limit := range []int{0, 1, 3, 64} {
		for _, consumers := range []int{1, 4} {
			t.Run(fmt.Sprintf("limit %d, %d consumers", limit, consumers), func(t *testing.T) { hammerQueue(t, limit, consumers) })
		}
	}
}

func hammerQueue(t *testing.T, limit, consumers int) {
	const producers = 4
	n := 5000
	if testing.Short() || runtime.GOARCH == "wasm" {
		n = 500
	}
	q := queue.NewQueue[item](limit)
	var got [producers]atomic.Int64
	var gaveUp atomic.Int64
	var producing, consuming sync.WaitGroup
	for range consumers {
		consuming.Go(func() {
			var next [producers]int
			for turn := 0; ; turn++ {
				ctx, cancel := context.Background(), func() {}
				if turn%7 == 0 {
					ctx, cancel = context.WithTimeout(ctx, time.Duration(turn%50)*time.Microsecond)
				}
				v, err := q.Get(ctx)
				cancel()
				switch {
				case err == io.EOF:
					return
				case err != nil:
					gaveUp.Add(1)
					runtime.Gosched() // where there is one thread nobody else would run
					continue
				case v.check != checksum(v.producer, v.seq) || v.seq < next[v.producer]:
					t.Errorf("damaged, doubled or out of order: %+v", v)
				}
				next[v.producer] = v.seq + 1
				got[v.producer].Add(1)
				if l := q.Len(); limit > 0 && l > limit {
					t.Errorf("%d values", l)
				}
			}
		})
	}
	for producer := range producers {
		producing.Go(func() {
			for seq := 0; seq < n; {
				ctx, cancel := context.Background(), func() {}
				if seq%5 == 0 {
					ctx, cancel = context.WithTimeout(ctx, time.Duration(seq%100)*time.Microsecond)
				}
				if q.Put(ctx, newItem(producer, seq)) == nil {
					seq++
				} else {
					gaveUp.Add(1)
					runtime.Gosched()
				}
				cancel()
			}
		})
	}
	producing.Wait()
	q.Close()
	consuming.Wait()
	for producer := range got {
		require.EqualValues(t, n, got[producer].Load())
	}
	require.Zero(t, q.Len())
	t.Logf("%d waits were given up", gaveUp.Load())
}

// Puts that race Close have been accepted, and can be got, or refused.
func TestQueuePutRacesClose(t *testing.T) {
	for range 500 {
		q := queue.NewQueue[int](2)
		var accepted, got atomic.Int64
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				for q.Put(context.Background(), 1) == nil {
					accepted.Add(1)
				}
			})
			all.Go(func() {
				for range q.All(context.Background()) {
					got.Add(1)
				}
			})
		}
		runtime.Gosched()
		q.Close()
		all.Wait()
		require.Equal(t, accepted.Load(), got.Load())
	}
}

func BenchmarkQueue(b *testing.B) {
	q := queue.NewQueue[int](0)
	b.ReportAllocs()
	for b.Loop() {
		_ = q.TryPut(1)
		_, _ = q.TryGet()
	}
}
