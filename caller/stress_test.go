package caller_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/queue"
)

var (
	stressFor  = flag.Duration("stress", 0, "how long TestStress goes on; a second or so unless set")
	stressSeed = flag.Uint64("stress.seed", 0, "what TestStress begins with; by the clock unless set")
)

// TestStress mixes everything: calls of each kind from goroutines and from calls, on threads, in workers and as
// guests, delays, cancels, waits
// across callers, children, panics, and callers that are stopped in the middle and replaced. Every accepted
// call has to end exactly once, on its own caller's thread, and nothing may be left. A seed makes the same
// choices again, though not the same races:
//
//	go test -race -run TestStress ./caller -stress 10m -stress.seed 42
func TestStress(t *testing.T) {
	realTime(t)
	d, seed := *stressFor, *stressSeed
	if d == 0 {
		d = 1500 * time.Millisecond
		if testing.Short() || runtime.GOARCH == "wasm" {
			d = 300 * time.Millisecond
		}
	}
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	deadline := time.Now().Add(d)
	for round := uint64(0); round == 0 || time.Now().Before(deadline); round++ {
		if !stressRound(t, seed+round) {
			t.Fatalf("with -stress.seed %d", seed+round)
		}
	}
}

// stress is one round.
type stress struct {
	callers [3]atomic.Pointer[caller.Caller]

	accepted, ended, twice atomic.Int64 // calls with a Pending
	begun, finished        atomic.Int64 // their functions
	posted, ran            atomic.Int64 // direct calls, and those of QueueCall
	queue                  *queue.Func[int]
	wrong                  trail[string]
}

func stressRound(t *testing.T, seed uint64) bool {
	var s stress
	s.queue = queue.NewFunc(s.inTurn)
	for i := range s.callers {
		s.callers[i].Store(newStressed(t))
	}
	var wg sync.WaitGroup
	for worker := range uint64(4) {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, worker))
			for range 300 {
				s.act(context.Background(), rnd, 0)
			}
		})
	}
	wg.Go(func() {
		rnd := rand.New(rand.NewPCG(seed, 99))
		for range 10 {
			for range 200 {
				runtime.Gosched()
			}
			old := s.callers[rnd.IntN(len(s.callers))].Swap(newStressed(t))
			if rnd.IntN(2) == 0 {
				old.Stop(true)
				s.closed(old)
			} else {
				_ = old.Close()
				s.closed(old)
			}
		}
	})
	wg.Wait()
	for i := range s.callers {
		c := s.callers[i].Load()
		_ = c.Close()
		s.closed(c)
	}
	for _, c := range caller.All(false) { // stopped ones that are not over yet
		_ = c.Close()
	}
	ok := s.accepted.Load() == s.ended.Load() && s.twice.Load() == 0 && s.begun.Load() == s.finished.Load() &&
		len(s.wrong.all()) == 0 && s.ran.Load() <= s.posted.Load() && len(caller.All(false)) == 0
	if !ok {
		t.Errorf("accepted %d, ended %d, twice %d; begun %d, finished %d; posted %d, ran %d; %d callers left; %q",
			s.accepted.Load(), s.ended.Load(), s.twice.Load(), s.begun.Load(), s.finished.Load(),
			s.posted.Load(), s.ran.Load(), len(caller.All(false)), s.wrong.all())
	}
	return ok
}

func newStressed(t *testing.T) *caller.Caller {
	c, err := caller.New(context.Background(), quiet, caller.WithSlowCall(0), caller.WithMaxWorkers(3), caller.WithIdleTimeout(time.Millisecond))
	if err != nil {
		t.Errorf("no caller: %v", err)
	}
	return c
}

// closed waits for a caller that has been stopped; its children are over then.
func (s *stress) closed(c *caller.Caller) {
	_ = c.WaitStopped(context.Background())
	<-c.Loop().Done()
	if c.State() != caller.Stopped || len(c.Children()) != 0 {
		s.wrong.add("after the stop: " + c.String())
	}
	if st := c.Stats(); st.QueueDepth+st.Suspended+st.Timers != 0 {
		s.wrong.add(fmt.Sprintf("after the stop: %+v", st))
	}
}

// act does one thing at random.
func (s *stress) act(ctx context.Context, rnd *rand.Rand, depth int) {
	c := s.callers[rnd.IntN(len(s.callers))].Load()
	switch rnd.IntN(12) {
	case 0:
		if child, err := c.Get([]string{"a", "b"}[rnd.IntN(2)]); err == nil {
			s.call(ctx, rnd, child, 0, depth)
			if rnd.IntN(4) == 0 {
				child.Stop(true)
			}
		}
	case 1:
		s.posted.Inc()
		if c.CallDirect(func() {
			s.ran.Inc()
			_ = loop.Yield(context.Background())
		}) != nil {
			s.posted.Dec()
		}
		if err := caller.QueueCall(ctx, c, s.queue, rnd.IntN(20)); err == nil {
			s.posted.Inc()
		} else if !errors.Is(err, loop.ErrStopped) {
			s.wrong.add("QueueCall: " + err.Error())
		}
		if rnd.IntN(10) == 0 {
			caller.QueueClose(c, s.queue)
		}
	case 2:
		err := c.Do(ctx, func() {
			if !c.Loop().OnThread() {
				s.wrong.add("a Do ran elsewhere")
			}
		})
		if err != nil && !errors.Is(err, loop.ErrStopped) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			s.wrong.add("Do: " + err.Error())
		}
	case 3, 4:
		s.call(ctx, rnd, c, time.Duration(rnd.IntN(500))*time.Microsecond, depth)
	case 5:
		p := s.call(ctx, rnd, c, time.Duration(rnd.IntN(2))*time.Hour, depth)
		p.Cancel("stress")
	case 6:
		limited, cancel := context.WithTimeout(ctx, time.Duration(rnd.IntN(300))*time.Microsecond)
		p := s.call(limited, rnd, c, 0, depth)
		_ = p.WaitDone(limited)
		cancel()
	default:
		p := s.call(ctx, rnd, c, 0, depth)
		if rnd.IntN(3) == 0 {
			_ = p.WaitDone(ctx)
		}
	}
}

// inTurn is a queued call.
func (s *stress) inTurn(ctx context.Context, kind int) error {
	s.ran.Inc()
	if !caller.Current(ctx).Loop().OnThread() {
		s.wrong.add("a queued call ran elsewhere")
	}
	switch kind {
	case 0:
		panic(errTest)
	case 1:
		runtime.Goexit()
	case 2, 3:
		return loop.Sleep(ctx, 100*time.Microsecond)
	}
	return ctx.Err()
}

// call hands over a call that does something at random, and counts its end.
func (s *stress) call(ctx context.Context, rnd *rand.Rand, c *caller.Caller, d time.Duration, depth int) *pending.Pending[int] {
	own := rand.New(rand.NewPCG(rnd.Uint64(), 1))
	where := [...]caller.CallOption{nil, nil, caller.On(caller.Goroutine), caller.InWorker()}[rnd.IntN(4)]
	p := caller.ScheduleCall(ctx, c, func(ctx context.Context) (int, error) {
		s.begun.Inc()
		on := caller.Current(ctx)
		defer func() {
			s.finished.Inc()
			if on != c && on.Parent() != c || where == nil && on != c || on.Loop().OnThread() != (where == nil || on != c) {
				s.wrong.add("a call ran elsewhere")
			}
		}()
		switch kind := own.IntN(10); {
		case kind == 0:
			panic(errTest)
		case kind == 1:
			runtime.Goexit()
		case kind == 2:
			return 1, loop.Sleep(ctx, time.Duration(own.IntN(300))*time.Microsecond)
		case kind == 3:
			return 1, loop.Yield(context.Background())
		case kind == 4:
			return loop.Block(ctx, func(context.Context) (int, error) { return 1, nil })
		case kind == 5:
			return 0, suspendFor(ctx, time.Millisecond)
		case depth < 3:
			s.act(ctx, own, depth+1)
		}
		return 1, ctx.Err()
	}, caller.Delay(d), where)
	s.accepted.Inc()
	var once atomic.Int32
	p.AddDoneCallback(func(pending.Handle) {
		s.ended.Inc()
		if once.Inc() > 1 {
			s.twice.Inc()
		}
	})
	return p
}

// suspendFor waits for what never comes.
func suspendFor(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return suspend(ctx)
}
