package caller_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// group runs one, with whatever options, and fails it, cancels it or nests another.
func (a *actor) group(ctx context.Context) {
	mode := group.Mode(a.rnd.IntN(4))
	opts := []group.Option{group.WithMode(mode), group.WithCancelTimeout(time.Hour)}
	if a.one(4) {
		opts = append(opts, group.WithShield())
	}
	if a.pooled || a.one(3) {
		opts = append(opts, group.WithTimeout(a.upTo(2*time.Millisecond)))
	}
	var members []*pending.Pending[int]
	own := a.next(onLoop)
	body := func(ctx context.Context, g *group.PendingGroup) error {
		members = own.calls(ctx)
		switch own.rnd.IntN(8) {
		case 0:
			return errTest
		case 1:
			g.Cancel("stress")
		case 2:
			g.Cancel("stress")
			members = append(members, own.calls(ctx)...)
		case 3:
			return loop.Sleep(ctx, own.upTo(200*time.Microsecond))
		case 4:
			members[0].Cancel("stress")
		case 5:
			if own.depth < 4 {
				own.group(ctx)
			}
		case 6:
			g.Remove(members[0])
			members = members[1:]
		}
		return nil
	}
	var err error
	on := caller.Current(ctx)
	if a.one(2) {
		on = a.pick(ctx)
		err = on.PendingGroup(ctx, body, opts...)
	} else {
		err = group.Run(ctx, body, opts...)
	}
	if ctx.Err() != nil || stopping(caller.Current(ctx)) || stopping(on) {
		return // what is left has been cancelled
	}
	for _, p := range members {
		if !p.IsDone() {
			a.s.wrongf("left by a group of mode %d with %v: %v", mode, err, p)
		}
	}
}

// manager waits for all that is made under a Manager.
func (a *actor) manager(ctx context.Context) {
	m := pending.NewManager()
	ps := a.calls(m.Context(ctx))
	wait, cancel := a.patience(ctx)
	defer cancel()
	if err := m.Wait(wait); err != nil {
		a.interrupted(wait, "a Manager", err)
		return
	}
	for _, p := range ps {
		if !p.IsDone() {
			a.s.wrongf("left by a Manager: %v", p)
		}
	}
	if left := m.Pending(); len(left) > 0 {
		a.s.wrongf("a Manager keeps %v", left)
	}
}

// completed goes through calls as they end, some of them made on the way, and may leave early.
func (a *actor) completed(ctx context.Context) {
	limited, cancel := a.patience(ctx)
	defer cancel()
	if a.one(3) {
		limited, cancel = a.brief(ctx)
		defer cancel()
	}
	source := slices.Values(a.calls(ctx))
	if a.one(2) {
		source = func(yield func(*pending.Pending[int]) bool) {
			for range 1 + a.rnd.IntN(6) {
				if p, _ := a.call(ctx, a.pick(ctx)); !yield(p) {
					return
				}
			}
		}
	}
	var opts []group.Option
	if a.one(2) {
		opts = append(opts, group.Limit(1+a.rnd.IntN(3)))
	}
	if a.one(3) {
		opts = append(opts, group.KeepUnfinished())
	}
	seen := make(map[*pending.Pending[int]]bool)
	for p := range group.AsCompleted(limited, source, opts...) {
		if !p.IsDone() || seen[p] {
			a.s.wrongf("AsCompleted gave %v, given before: %v", p, seen[p])
		}
		if seen[p] = true; a.one(6) {
			break
		}
	}
}

// waitMany waits for some of many.
func (a *actor) waitMany(ctx context.Context) {
	limited, cancel := a.patience(ctx)
	defer cancel()
	if a.one(3) {
		limited, cancel = a.brief(ctx)
		defer cancel()
	}
	ps := a.calls(ctx)
	when := []group.When{group.FirstCompleted, group.FirstError, group.AllCompleted}[a.rnd.IntN(3)]
	done, rest, err := group.Wait(limited, ps, when)
	if len(done)+len(rest) != len(ps) {
		a.s.wrongf("Wait lost some of %v: %v %v", ps, done, rest)
	}
	if when == group.AllCompleted && err == nil && limited.Err() == nil && len(rest) > 0 {
		a.s.wrongf("Wait left %v", rest)
	}
	for _, p := range done {
		if !p.IsDone() {
			a.s.wrongf("Wait said done of %v", p)
		}
	}
	for _, p := range rest {
		p.Cancel("the rest")
	}
}

// resolve runs plain functions in order, by Resolve, Collect or Generate.
func (a *actor) resolve(ctx context.Context) {
	n, next := 1+a.rnd.IntN(8), 0
	opts := []group.Option{group.Workers(1 + a.rnd.IntN(4)), group.Greediness(a.rnd.IntN(3))}
	switch a.rnd.IntN(3) {
	case 0:
		for v, err := range group.Resolve(ctx, a.functions(n), opts...) {
			if next++; err == nil && v != next {
				a.s.wrongf("Resolve gave %d in place %d", v, next)
			}
			if a.one(8) {
				return
			}
		}
		if next < n && ctx.Err() == nil && !stopping(caller.Current(ctx)) {
			a.s.wrongf("Resolve gave %d of %d", next, n)
		}
	case 1:
		vs, err := group.Collect(ctx, a.functions(n), opts...)
		if err == nil && len(vs) != n {
			a.s.wrongf("Collect gave %d of %d", len(vs), n)
		}
	case 2:
		for v, err := range group.Generate(ctx, slices.Values(numbers(n))) {
			if err != nil && (ctx.Err() == nil && !errors.Is(err, loop.ErrStopped)) || err == nil && v != next {
				a.s.wrongf("Generate gave %d in place %d: %v", v, next, err)
			}
			if next++; a.one(8) {
				return
			}
		}
	}
}

func stopping(c *caller.Caller) bool { return c != nil && c.Loop().Stopping() }

// functions give 1, 2 and so on, if nothing else happens.
func (a *actor) functions(n int) iter.Seq[func(context.Context) (int, error)] {
	return func(yield func(func(context.Context) (int, error)) bool) {
		for i := range n {
			own := a.next(onLoop)
			if !yield(func(ctx context.Context) (int, error) {
				a.s.progress.Inc()
				a.s.plain[0].Inc()
				defer a.s.plain[1].Inc()
				switch own.rnd.IntN(8) {
				case 0:
					panic(errTest)
				case 1:
					return 0, errTest
				case 2:
					return i + 1, loop.Sleep(ctx, own.upTo(200*time.Microsecond))
				case 3:
					own.single(ctx)
				}
				return i + 1, nil
			}) {
				return
			}
		}
	}
}
