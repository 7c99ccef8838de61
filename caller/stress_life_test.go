package caller_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// start makes a caller of any kind.
func (s *stress) start(rnd *rand.Rand) *caller.Caller {
	opts := []caller.Option{
		quiet, caller.WithSlowCall(0),
		caller.WithMaxWorkers(rnd.IntN(4)), caller.WithMaxIdleWorkers(rnd.IntN(3)), caller.WithIdleTimeout(time.Millisecond),
	}
	if rnd.IntN(4) == 0 {
		opts = append(opts, caller.WithMailboxLimit(20))
	}
	if rnd.IntN(4) == 0 {
		opts = append(opts, caller.WithProtected())
	}
	switch rnd.IntN(8) {
	case 0:
		return s.startRun(opts)
	case 1:
		return s.startManual(opts)
	case 2:
		opts = append(opts, caller.WithHost(newHost()))
	case 3:
		opts = append(opts, caller.WithGuest(s.toolkit()))
	}
	life := context.Background()
	if rnd.IntN(4) == 0 {
		limited, cancel := context.WithTimeout(life, time.Duration(1+rnd.IntN(100))*time.Millisecond)
		context.AfterFunc(limited, cancel)
		life = limited
	}
	c, err := caller.New(life, opts...)
	switch {
	case err != nil && life.Err() == nil:
		s.wrongf("no caller: %v", err)
	case c == nil:
		return s.start(rnd)
	}
	return c
}

func (s *stress) startRun(opts []caller.Option) *caller.Caller {
	made := make(chan *caller.Caller)
	s.drivers.Go(func() {
		_ = caller.Run(context.Background(), func(ctx context.Context, c *caller.Caller) error {
			made <- c
			return suspend(ctx)
		}, opts...)
	})
	return <-made
}

func (s *stress) startManual(opts []caller.Option) *caller.Caller {
	c, err := caller.Manual(context.Background(), opts...)
	if err != nil {
		s.wrongf("no caller: %v", err)
	}
	s.drivers.Go(func() {
		for c.Poll(context.Background(), -1) == nil {
		}
	})
	return c
}

// toolkit is one that runs until the round is over.
func (s *stress) toolkit() func(func()) {
	work := make(chan func(), 100)
	s.drivers.Go(func() {
		for {
			select {
			case f := <-work:
				f()
			case <-s.over:
				return
			}
		}
	})
	return func(f func()) {
		select {
		case work <- f:
		case <-s.over:
		}
	}
}

// pick takes a caller: one of the round's, a child of it, or the one that ctx belongs to.
func (a *actor) pick(ctx context.Context) *caller.Caller {
	c := a.s.callers[a.rnd.IntN(len(a.s.callers))].Load()
	switch a.rnd.IntN(10) {
	case 0, 1:
		if own := caller.Current(ctx); own != nil {
			return own
		}
	case 2:
		if child, err := c.Get([]string{"a", "b"}[a.rnd.IntN(2)]); err == nil {
			return child
		}
	}
	return c
}

// life holds callers and stops children.
func (a *actor) life(ctx context.Context) {
	c := a.pick(ctx)
	switch a.rnd.IntN(8) {
	case 0:
		release, err := c.Hold()
		if err != nil {
			return
		}
		a.single(ctx)
		release()
	case 1:
		if child, err := c.Get("", caller.WithMaxWorkers(1)); err == nil {
			a.call(ctx, child)
			child.Stop(a.one(2))
		}
	case 2:
		if children := c.Children(); len(children) > 0 { // workers among them
			children[a.rnd.IntN(len(children))].Stop(true)
		}
	case 3:
		c.Protect()
	case 4:
		c.Stop(false)
	case 5:
		if child, err := c.Get("c"); err == nil && a.depth == 0 {
			a.call(ctx, child)
			a.s.end(child)
		}
	default:
		_, _ = c.String(), c.Info()
	}
}

// replace stops callers in one way or another.
func (s *stress) replace(rnd *rand.Rand) {
	for range 6 {
		for range 300 {
			runtime.Gosched()
		}
		slot := &s.callers[rnd.IntN(len(s.callers))]
		for i := range s.callers {
			if s.callers[i].Load().State() >= caller.Stopping { // by somebody else
				slot = &s.callers[i]
			}
		}
		old := slot.Swap(s.start(rnd))
		switch rnd.IntN(4) {
		case 0:
			old.Loop().Stop()
		case 1:
			old.Stop(false)
		case 2:
			old.Stop(true)
		}
		s.end(old)
	}
}

// end stops a caller and checks that nothing of it is left.
func (s *stress) end(c *caller.Caller) {
	_ = c.Close()
	<-c.Loop().Done()
	if c.State() != caller.Stopped || len(c.Children()) != 0 || !c.Stopped().IsDone() {
		s.wrongf("after the stop: %v", c)
	}
	if st := c.Stats(); st.QueueDepth+st.Suspended+st.Timers != 0 {
		s.wrongf("after the stop: %+v", st)
	}
	for t, p := range s.alive() {
		if t.on != c || !t.handed.Load() || p.IsDone() {
			continue
		}
		if t.begun.Load() > 0 { // else somebody is just about to cancel it: a meddler, or who has told c to stop
			s.wrongf("after the stop: %v has begun, left %v", p, t.left.Load())
		}
	}
}

// startStop makes a task and does something to it.
func (a *actor) startStop(ctx context.Context) {
	c, own := a.pick(ctx), a.next(onLoop)
	t := a.s.ticket(c, onLoop)
	task := caller.StartStop(c, func(ctx context.Context, started func(), stop *pending.Pending[pending.None]) (int, error) {
		switch own.rnd.IntN(4) {
		case 0:
			return t.do(ctx, own)
		case 1:
			_ = loop.Yield(ctx)
		}
		started()
		_ = stop.WaitDone(ctx)
		return t.do(ctx, own)
	})
	t.watch(task.Stopped())
	switch a.rnd.IntN(6) {
	case 0:
		task.Stop()
		if err := task.Start(); err == nil {
			a.s.wrongf("started after its stop: %v", task.Stopped())
		}
	case 1:
		_ = task.Start()
		task.Stop()
	case 2:
		_ = task.Start()
		if a.pooled { // it would keep a worker
			task.Stop()
		}
	case 3:
		_ = task.Start()
		a.rest(ctx)
		task.Stopped().Cancel("stress")
	case 4:
		limited, cancel := a.brief(ctx)
		defer cancel()
		_ = task.Run(limited, func(ctx context.Context) error { return loop.Sleep(ctx, a.upTo(200*time.Microsecond)) })
		task.Stop()
	default:
		_ = task.Run(ctx, func(ctx context.Context) error { a.rest(ctx); return nil })
		task.Stop()
	}
	t.handed.Store(true)
	task.Started().AddDoneCallback(func(pending.Handle) { a.s.progress.Inc() })
}
