package group_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/pending"
)

func ExampleSemaphore_With() {
	ctx := context.Background()
	connections := group.NewBoundedSemaphore(2)
	err := connections.With(ctx, 1, func(context.Context) error {
		fmt.Println("free:", connections.Value())
		return nil
	})
	fmt.Println("free:", connections.Value(), err)
	// Output:
	// free: 1
	// free: 2 <nil>
}

func ExampleMutex() {
	var m group.Mutex
	add := func(ctx context.Context, what string) error {
		return m.With(ctx, func(context.Context) error {
			fmt.Println(what)
			return nil
		})
	}
	_ = m.With(context.Background(), func(ctx context.Context) error {
		return add(ctx, "inside, without waiting") // with body's context
	})
	// Output: inside, without waiting
}

func ExampleWaitEvent() {
	var data, stop group.Event
	p := pending.Go(context.Background(), func(ctx context.Context) (bool, error) {
		return group.WaitEvent(ctx, &data, &stop)
	})
	stop.Set()
	fmt.Println(p.Wait(context.Background()))
	// Output: false <nil>
}

func ExampleLock() {
	var files sync.Mutex // also taken by code that knows nothing of loops
	unlock, err := group.Lock(context.Background(), &files)
	if err != nil {
		return
	}
	defer unlock()
	fmt.Println("locked:", !files.TryLock())
	// Output: locked: true
}

func ExampleRateLimited() {
	ask := group.RateLimited(func(context.Context) (string, error) { return "answer", nil },
		group.Rate{MaxCalls: 10, Period: time.Second})
	fmt.Println(ask(context.Background()))
	// Output: answer <nil>
}
