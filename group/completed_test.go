package group_test

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

func TestAsCompleted_A01_EachOnceAsItEnds(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		done, failed, cancelled := pending.New[int](ctx), pending.New[int](ctx), pending.New[int](ctx)
		done.SetResult(1)
		failed.SetError(errTest)
		cancelled.Cancel("")
		slow := caller.CallSoon(ctx, c, sleeper(3*time.Second, 1))
		fast := caller.CallSoon(ctx, c, sleeper(time.Second, 1))
		later := caller.CallSoon(ctx, c, failer(2*time.Second, errTest))
		items := []intP{slow, done, later, failed, fast, slow, cancelled}
		got := slices.Collect(group.AsCompleted(ctx, slices.Values(items)))
		require.Equal(t, []intP{done, failed, cancelled, fast, later, slow}, got)
	})
}

func TestAsCompleted_A02_Empty(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, _ *caller.Caller) {
		require.Empty(t, slices.Collect(group.AsCompleted(ctx, slices.Values([]intP{}))))
		require.Empty(t, slices.Collect(group.AsCompleted[intP](ctx, nil)))
	})
}

// counted makes n calls, and keeps count of those that are in progress.
func counted(ctx context.Context, c *caller.Caller, n int, made, most *int) iter.Seq[intP] {
	busy := 0
	return func(yield func(intP) bool) {
		for i := range n {
			*made++
			if !yield(caller.CallSoon(ctx, c, func(ctx context.Context) (int, error) {
				busy++
				*most = max(*most, busy)
				defer func() { busy-- }()
				return i, loop.Sleep(ctx, time.Second)
			})) {
				return
			}
		}
	}
}

func TestAsCompleted_A04_Limit(t *testing.T) {
	for _, row := range []struct {
		name    string
		options []group.Option
		most    int
	}{
		{"by default, what is made meanwhile", nil, 10},
		{"three", []group.Option{group.Limit(3)}, 3},
		{"none", []group.Option{group.Limit(0)}, 40},
	} {
		t.Run(row.name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
				var made, most, first, got int
				for p := range group.AsCompleted(ctx, counted(ctx, c, 40, &made, &most), row.options...) {
					require.True(t, p.IsDone())
					if got++; got == 1 {
						first = made
					}
				}
				require.Equal(t, 40, got)
				require.Equal(t, row.most, most)
				require.Equal(t, row.most, first)
			})
		})
	}
}

func TestAsCompleted_A04_WhatWasThereBeforeIsNotLimited(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		var items []intP
		for i := range 50 {
			items = append(items, caller.CallSoon(ctx, c, sleeper(time.Duration(50-i)*time.Second, i)))
		}
		got := slices.Collect(group.AsCompleted(ctx, slices.Values(items)))
		slices.Reverse(items)
		require.Equal(t, items, got)
	})
}

// plain functions become Pendings by being handed to something, and the source may wait, as an async generator
// does: that takes neither the thread nor time from what it has given.
func TestAsCompleted_A05_FunctionsFromASourceThatWaits(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		began := time.Now()
		source := func(yield func(intP) bool) {
			for i := range 3 {
				if loop.Sleep(ctx, time.Second) != nil || !yield(pending.Go(ctx, sleeper(2*time.Second, i))) {
					return
				}
			}
		}
		free := caller.CallSoon(ctx, c, func(context.Context) (time.Duration, error) { return time.Since(began), nil })
		var got []int
		for p := range group.AsCompleted(ctx, source) {
			v, err := p.Result()
			require.NoError(t, err)
			got = append(got, v)
		}
		require.Equal(t, []int{0, 1, 2}, got)
		require.Equal(t, 5*time.Second, time.Since(began))
		at, err := free.Result()
		require.NoError(t, err)
		require.Zero(t, at)
	})
}

func TestAsCompleted_A06_TheContextEnds(t *testing.T) {
	for _, keep := range []bool{false, true} {
		everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
			limited, cancel := context.WithTimeout(ctx, 1500*time.Millisecond)
			defer cancel()
			done := caller.CallSoon(ctx, c, sleeper(time.Second, 1))
			open := caller.CallSoon(ctx, c, sleeper(time.Minute, 2))
			var options []group.Option
			if keep {
				options = append(options, group.KeepUnfinished())
			}
			got := slices.Collect(group.AsCompleted(limited, slices.Values([]intP{open, done}), options...))
			require.Equal(t, []intP{done}, got)
			require.NoError(t, done.Err())
			require.Equal(t, !keep, open.Cancelled())
			require.NoError(t, open.WaitDone(ctx))
			require.Empty(t, slices.Collect(group.AsCompleted(limited, counted(ctx, c, 1, new(int), new(int)))))
		})
	}
}

func TestAsCompleted_A07_LeavingTheLoopCancelsWhatIsUnfinished(t *testing.T) {
	for _, keep := range []bool{false, true} {
		everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
			items := []intP{caller.CallSoon(ctx, c, sleeper(time.Minute, 1)), caller.CallSoon(ctx, c, sleeper(0, 2))}
			var options []group.Option
			if keep {
				options = append(options, group.KeepUnfinished())
			}
			for p := range group.AsCompleted(ctx, slices.Values(items), options...) {
				require.Equal(t, items[1], p)
				break
			}
			require.Equal(t, !keep, items[0].Cancelled())
			require.NoError(t, items[0].WaitDone(ctx))
		})
	}
}

func TestAsCompleted_A08_TheCallThatIterates(t *testing.T) {
	for _, others := range []int{0, 3} {
		bubble(t, func(t *testing.T, c *caller.Caller) {
			start := time.Now()
			var items []handle
			p := c.CallSoon(t.Context(), func(ctx context.Context) error {
				for range others {
					items = append(items, caller.CallSoon(t.Context(), c, sleeper(time.Hour, 1)))
				}
				for range group.AsCompleted(ctx, slices.Values(append(items, caller.CurrentPending(ctx)))) {
					t.Error("there is nothing to yield")
				}
				return nil
			})
			_, err := p.Wait(t.Context())
			require.ErrorIs(t, err, pending.ErrDeadlock)
			require.Equal(t, start, time.Now())
			for _, p := range items {
				require.True(t, p.Cancelled())
			}
		})
	}
}

func TestAsCompleted_A06_NothingComesAfterTheEndOfTheContext(t *testing.T) {
	for name, before := range map[string]time.Duration{"items that are done": 2 * time.Second, "items that end at once": 0} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
				inner, cancel := context.WithCancel(ctx)
				defer cancel()
				var items []intP
				for range 5 {
					items = append(items, caller.CallSoon(ctx, c, sleeper(time.Second, 1)))
				}
				require.NoError(t, loop.Sleep(ctx, before))
				got := 0
				for range group.AsCompleted(inner, slices.Values(items)) {
					require.NoError(t, loop.Sleep(ctx, time.Second)) // so that all of them are
					cancel()
					got++
				}
				require.Equal(t, 1, got)
			})
		})
	}
}

func TestAsCompleted_A09_A10_TheSourcePanics(t *testing.T) {
	for _, before := range []int{0, 3} {
		everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
			source := func(yield func(intP) bool) {
				for i := range before {
					if !yield(caller.CallSoon(ctx, c, sleeper(time.Second, i))) {
						return
					}
				}
				panic(errTest)
			}
			got := 0
			var panicked *pending.PanicError
			func() {
				defer func() {
					panicked, _ = recover().(*pending.PanicError)
				}()
				for p := range group.AsCompleted(ctx, source) {
					require.NoError(t, p.Err())
					got++
				}
			}()
			require.Equal(t, before, got)
			require.NotNil(t, panicked)
			require.Equal(t, errTest, panicked.Value)
			require.Contains(t, string(panicked.Stack), "TestAsCompleted_A09")
		})
	}
}

func TestAsCompleted_A11_NilItem(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		p := caller.CallSoon(ctx, c, sleeper(time.Second, 1))
		var got []intP
		func() {
			defer func() {
				err, _ := recover().(error)
				require.ErrorIs(t, err, group.ErrInvalid)
			}()
			for p := range group.AsCompleted(ctx, slices.Values([]intP{p, nil})) {
				got = append(got, p)
			}
		}()
		require.Equal(t, []intP{p}, got)
	})
}

func TestAsCompleted_APanicInTheBodyOfTheLoop(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		open := caller.CallSoon(ctx, c, sleeper(time.Minute, 1))
		done := caller.CallSoon(ctx, c, sleeper(0, 1))
		require.PanicsWithValue(t, "body", func() {
			for range group.AsCompleted(ctx, slices.Values([]intP{open, done})) {
				panic("body")
			}
		})
		require.True(t, open.Cancelled())
		require.NoError(t, open.WaitDone(ctx))
	})
}

func TestAsCompleted_TheSourceAndTheBodyMayWait(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		source := func(yield func(intP) bool) {
			for i := range 5 {
				require.NoError(t, loop.Sleep(ctx, time.Second))
				if !yield(caller.CallSoon(ctx, c, sleeper(time.Duration(i)*time.Second, i))) {
					return
				}
			}
		}
		got := 0
		for p := range group.AsCompleted(ctx, source, group.Limit(2)) {
			require.NoError(t, p.Err())
			require.NoError(t, loop.Sleep(ctx, time.Second))
			got++
		}
		require.Equal(t, 5, got)
	})
}

func TestAsCompleted_TheCallerStops(t *testing.T) {
	bubble(t, func(t *testing.T, c *caller.Caller) {
		open := pending.New[int](t.Context())
		left := false
		p := c.CallSoon(t.Context(), func(context.Context) error {
			for range group.AsCompleted(context.Background(), slices.Values([]intP{open})) {
				t.Error("there is nothing to yield")
			}
			left = true
			return nil
		})
		require.NoError(t, c.Do(t.Context(), func() {}))
		c.Stop(true)
		require.NoError(t, p.WaitDone(t.Context()))
		require.True(t, left)
		require.True(t, open.Cancelled())
	})
}

func TestAsCompleted_Misuse(t *testing.T) {
	for _, opt := range []group.Option{group.Limit(-1), group.Workers(-1)} {
		func() {
			defer func() {
				err, _ := recover().(error)
				require.ErrorIs(t, err, group.ErrInvalid)
			}()
			for range group.AsCompleted(t.Context(), slices.Values([]intP{}), opt) {
			}
		}()
	}
}

func TestAsCompleted_TenThousand(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		var made, most, sum int
		for p := range group.AsCompleted(ctx, counted(ctx, c, 10_000, &made, &most), group.Limit(100)) {
			v, err := p.Result()
			require.NoError(t, err)
			sum += v
		}
		require.Equal(t, 10_000*9_999/2, sum)
		require.Equal(t, 100, most)
	})
}
