package group_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

func TestGenerate_E12_StepsRunOffTheThread(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, c *caller.Caller) {
		steps := 0
		source := func(yield func(int) bool) {
			for i := range 5 {
				if loop.Inside() {
					t.Error("a step runs on a loop's thread")
				}
				time.Sleep(time.Second)
				steps++
				if !yield(i) {
					return
				}
			}
		}
		others := 0
		tick := c.CallSoon(ctx, func(ctx context.Context) error {
			for range 4 {
				if err := loop.Sleep(ctx, time.Second); err != nil {
					return err
				}
				others++
			}
			return nil
		})
		var got []int
		for v, err := range group.Generate(ctx, source) {
			require.NoError(t, err)
			require.Equal(t, len(got)+1, steps, "a step at a time")
			got = append(got, v)
		}
		require.Equal(t, []int{0, 1, 2, 3, 4}, got)
		require.NoError(t, tick.Err(), "the thread went on with other calls")
		require.Equal(t, 4, others)
	})
}

func TestGenerate_E12_ErrorsComeAfterTheItems(t *testing.T) {
	for _, row := range []struct {
		name string
		end  func()
		want error
	}{
		{"panic", func() { panic(errTest) }, errTest},
		{"Goexit", runtime.Goexit, pending.ErrGoexit},
	} {
		t.Run(row.name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, ctx context.Context, _ *caller.Caller) {
				got, err := 0, error(nil)
				for _, err = range group.Generate(ctx, func(yield func(int) bool) {
					yield(1)
					yield(2)
					row.end()
				}) {
					got++
				}
				require.Equal(t, 3, got)
				require.ErrorIs(t, err, row.want)
			})
		})
	}
}

func TestGenerate_LeavingTheLoopEndsTheSource(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, _ *caller.Caller) {
		ended := false
		for v, err := range group.Generate(ctx, func(yield func(int) bool) {
			defer func() { ended = true }()
			for i := 0; yield(i); i++ {
			}
		}) {
			require.NoError(t, err)
			if v == 3 {
				break
			}
		}
		require.True(t, ended)
	})
}

func TestGenerate_TheContextEndsInAStep(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, _ *caller.Caller) {
		limited, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		start := time.Now()
		ended := make(chan bool, 1)
		var errs []error
		for _, err := range group.Generate(limited, func(yield func(int) bool) {
			time.Sleep(time.Minute)
			ended <- yield(1)
		}) {
			errs = append(errs, err)
		}
		require.Equal(t, time.Second, time.Since(start))
		require.Len(t, errs, 1)
		require.ErrorIs(t, errs[0], context.DeadlineExceeded)
		more, _, err := loop.Receive(ctx, ended)
		require.NoError(t, err)
		require.False(t, more, "the source ends after the step")
	})
}

func TestGenerate_Nothing(t *testing.T) {
	everywhere(t, func(t *testing.T, ctx context.Context, _ *caller.Caller) {
		for range group.Generate[int](ctx, nil) {
			t.Error("there is nothing")
		}
		for range group.Generate(ctx, slices.Values([]int{})) {
			t.Error("there is nothing")
		}
	})
}

// As the reference does it: walk a directory.
func TestGenerate_E12_ADirectory(t *testing.T) {
	root := ".."
	var want []string
	walk := func(yield func(string) bool) {
		_ = filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
			if err != nil || !yield(path) {
				return filepath.SkipAll
			}
			return nil
		})
	}
	for path := range walk {
		want = append(want, path)
	}
	require.NotEmpty(t, want)
	c, err := caller.New(t.Context())
	require.NoError(t, err)
	defer c.Close()
	onCaller(t, c, func(ctx context.Context) {
		var got []string
		for path, err := range group.Generate(ctx, walk) {
			require.NoError(t, err)
			got = append(got, path)
		}
		require.Equal(t, want, got)
	})
}
