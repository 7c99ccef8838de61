package caller_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/queue"
)

// item is the argument of a queued call.
type item struct {
	poster int64
	number int // rises, for each poster
	kind   int
}

// turns is what TestStress knows of the calls of one queue.
type turns struct {
	busy int
	last map[int64]int
}

// dropped is a queue whose Func nobody has any more.
type dropped struct {
	p        *pending.Pending[pending.None]
	accepted int64
	ran      *atomic.Int64
}

// turn is a queued call: no other of its queue is in progress, and those of one poster come in its order.
func (s *stress) turn(ctx context.Context, it item) error {
	s.progress.Inc()
	own := caller.CurrentPending(ctx)
	s.mu.Lock()
	q := s.turns[own]
	if q == nil {
		q = &turns{last: make(map[int64]int)}
		s.turns[own] = q
	}
	q.busy++
	if last := q.last[it.poster]; q.busy != 1 || last >= it.number {
		s.wrong.add("queued calls at once, or in another order")
	}
	q.last[it.poster] = it.number
	s.mu.Unlock()
	defer func() {
		if own.IsDone() {
			s.wrong.add("a queue was done before its call had returned")
		}
		s.mu.Lock()
		q.busy--
		s.mu.Unlock()
	}()
	if !caller.Current(ctx).Loop().OnThread() {
		s.wrong.add("a queued call ran elsewhere")
	}
	switch it.kind {
	case 0:
		panic(errTest)
	case 1:
		runtime.Goexit()
	case 2, 3:
		return loop.Sleep(ctx, 100*time.Microsecond)
	case 4:
		return loop.Yield(context.Background())
	}
	return ctx.Err()
}

// post queues some calls and returns how many were accepted.
func (a *actor) post(ctx context.Context, c *caller.Caller, f *queue.Func[item]) (accepted int64) {
	for n := range 1 + a.rnd.IntN(5) {
		err := caller.QueueCall(ctx, c, f, item{a.id, int(a.s.posters.Inc()), a.rnd.IntN(12)})
		switch {
		case err == nil:
			accepted++
		case !errors.Is(err, loop.ErrStopped) && !errors.Is(err, loop.ErrMailboxFull):
			a.s.wrongf("QueueCall %d: %v", n, err)
		}
	}
	return accepted
}

// enqueue uses the queue that everybody uses.
func (a *actor) enqueue(ctx context.Context) {
	c := a.pick(ctx)
	a.post(ctx, c, a.s.shared)
	p, ok := caller.QueueGet(c, a.s.shared)
	if !ok {
		return
	}
	switch a.rnd.IntN(8) {
	case 0:
		caller.QueueClose(c, a.s.shared)
		if !p.Cancelled() {
			a.s.wrongf("closed, and not cancelled: %v", p)
		}
	case 1:
		p.Cancel("stress")
	case 2:
		ctx, cancel := a.brief(ctx)
		_ = p.WaitDone(ctx)
		cancel()
	case 3:
		p.Cancel("stress")
		if err := p.WaitDone(ctx); err == nil && !p.IsDone() {
			a.s.wrongf("waited for %v", p)
		}
	}
}

// dropFunc uses a queue whose Func is lost then.
func (a *actor) dropFunc(ctx context.Context) {
	c, ran := a.pick(ctx), new(atomic.Int64)
	f := queue.NewFunc(func(ctx context.Context, it item) error {
		ran.Inc()
		return a.s.turn(ctx, it)
	})
	accepted := a.post(ctx, c, f)
	p, ok := caller.QueueGet(c, f)
	if !ok {
		return
	}
	a.s.mu.Lock()
	a.s.dropped = append(a.s.dropped, dropped{p, accepted, ran})
	a.s.mu.Unlock()
}

// collectDropped waits for the queues whose Func has been lost.
func (s *stress) collectDropped() {
	s.mu.Lock()
	all := slices.Clone(s.dropped)
	s.mu.Unlock()
	for _, d := range all {
		for !d.p.IsDone() {
			runtime.GC()
			time.Sleep(time.Millisecond)
		}
		if ran := d.ran.Load(); ran > d.accepted || ran < d.accepted && !errors.Is(d.p.Err(), loop.ErrStopped) {
			s.wrongf("%d calls ran of %d: %v %v", ran, d.accepted, d.p, d.p.Err())
		}
	}
}
