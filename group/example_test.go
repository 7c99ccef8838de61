package group_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

func ExampleRun() {
	ctx := context.Background()
	c, err := caller.New(ctx)
	if err != nil {
		panic(err)
	}
	defer c.Close()

	err = group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
		c.CallSoon(ctx, func(ctx context.Context) error {
			err := loop.Sleep(ctx, time.Hour) // ended by the failure of the other
			fmt.Println("sleep:", err)
			return err
		})
		caller.CallSoon(ctx, c, func(context.Context) (int, error) {
			return 0, errors.New("the disk is full")
		})
		return nil
	})
	fmt.Println("group:", err)
	// Output:
	// sleep: context canceled
	// group: the disk is full
}

func ExampleAsCompleted() {
	ctx := context.Background()
	var downloads []*pending.Pending[string]
	for i, name := range []string{"slow", "fast"} {
		downloads = append(downloads, pending.Go(ctx, func(ctx context.Context) (string, error) {
			return name, loop.Sleep(ctx, time.Duration(50-40*i)*time.Millisecond)
		}))
	}
	for p := range group.AsCompleted(ctx, slices.Values(downloads)) {
		fmt.Println(p.Result())
	}
	// Output:
	// fast <nil>
	// slow <nil>
}

func ExampleCollect() {
	square := func(n int) func(context.Context) (int, error) {
		return func(context.Context) (int, error) { return n * n, nil }
	}
	squares, err := group.Collect(context.Background(), slices.Values([]func(context.Context) (int, error){
		square(1), square(2), square(3),
	}), group.Workers(2))
	fmt.Println(squares, err)
	// Output: [1 4 9] <nil>
}

func ExampleShield() {
	ctx, cancel := context.WithCancel(context.Background())
	err := group.Shield(ctx, func(ctx context.Context) error {
		cancel()
		return loop.Sleep(ctx, time.Millisecond) // runs to its end
	})
	fmt.Println("inside:", err)
	fmt.Println("after:", loop.Sleep(ctx, time.Millisecond))
	// Output:
	// inside: <nil>
	// after: context canceled
}
