package caller_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
)

// One toolkit may have several guests on its thread. They take turns, wait for one another, and stop one by one.
func TestH12_TwoGuestsOfOneToolkit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		k := newToolkit()
		defer k.quit()
		a := start(t, caller.WithName("a"), caller.WithGuest(k.run))
		b := start(t, caller.WithName("b"), caller.WithGuest(k.run))
		ctx := t.Context()

		var marks []string // of one thread, so it needs no lock
		walk := func(name string) func(context.Context) error {
			return func(ctx context.Context) error {
				for range 6 {
					marks = append(marks, name)
					if err := loop.Sleep(ctx, time.Second); err != nil {
						return err
					}
				}
				return nil
			}
		}
		pa, pb := a.CallSoon(ctx, walk("a")), b.CallSoon(ctx, walk("b"))
		for range 6 {
			k.on(func() { marks = append(marks, "toolkit") })
			time.Sleep(time.Second)
		}
		require.NoError(t, pa.WaitDone(ctx))
		require.NoError(t, pb.WaitDone(ctx))
		count := map[string]int{}
		for i, mark := range marks {
			count[mark]++
			require.LessOrEqual(t, count[mark], i/3+2, "all three take turns")
		}
		require.Equal(t, map[string]int{"a": 6, "b": 6, "toolkit": 6}, count)
		require.Equal(t, a.ThreadID(), b.ThreadID())

		// Each waits for the other, on the one thread.
		_, err := a.CallSoon(ctx, func(ctx context.Context) error {
			_, err := b.CallSoon(ctx, func(ctx context.Context) error {
				return a.CallSoon(ctx, sleep(time.Second)).WaitDone(ctx)
			}).Wait(ctx)
			return err
		}).Wait(ctx)
		require.NoError(t, err)

		// On the toolkit's thread, outside of calls, both are at home.
		k.on(func() {
			for _, c := range []*caller.Caller{a, b} {
				inline := false
				assert.True(t, c.Loop().OnThread())
				assert.NoError(t, c.Do(ctx, func() { inline = true }))
				assert.True(t, inline)
				assert.ErrorIs(t, c.CallSoon(ctx, nothing).WaitDone(ctx), loop.ErrCannotSuspend)
			}
		})
		require.NoError(t, a.Close())
		require.NoError(t, b.CallSoon(ctx, walk("b")).WaitDone(ctx))
		k.on(func() {
			assert.False(t, a.Loop().OnThread())
			assert.True(t, b.Loop().OnThread())
		})
		c := start(t, caller.WithName("c"), caller.WithGuest(k.run))
		require.NoError(t, c.Do(ctx, func() {}))
		require.NoError(t, b.Close())
		require.NoError(t, c.Do(ctx, func() {}))
		require.NoError(t, c.Close())
		k.on(func() { assert.Nil(t, loop.Current(context.Background())) })
	})
}
