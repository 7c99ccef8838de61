package loop_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pinion-go/pinion/loop"
)

func Example() {
	ctx := context.Background()
	l := loop.New(loop.WithName("worker"))
	go func() { _ = l.Run(ctx) }()

	// One call waits, and the thread goes on with the next.
	ready := make(chan string)
	_ = l.Post(func() {
		fmt.Println("first: waits")
		v, _, _ := loop.Receive(ctx, ready)
		fmt.Println("first:", v)
	})
	_ = l.Do(ctx, func() { fmt.Println("second: on the same thread,", l.OnThread()) })
	ready <- "goes on"
	_ = l.Do(ctx, func() {})

	l.Stop()
	<-l.Done()
	fmt.Println(l.Post(func() {}))
	// Output:
	// first: waits
	// second: on the same thread, true
	// first: goes on
	// loop: stopped
}

// A panic comes back as an error, and the loop goes on.
func ExampleLoop_Do() {
	l := loop.New()
	go func() { _ = l.Run(context.Background()) }()
	defer l.Stop()

	err := l.Do(context.Background(), func() { panic("oops") })
	var p *loop.PanicError
	fmt.Println(errors.As(err, &p), err)
	// Output: true panic: oops
}

// A game loop drives its calls itself, once a frame.
func ExampleLoop_RunPending() {
	l := loop.New()
	_ = l.Post(func() {
		for frame := range 3 {
			fmt.Println("frame", frame)
			_ = loop.Sleep(context.Background(), time.Millisecond)
		}
		l.Stop()
	})
	for {
		l.RunPending() // what is ready, without blocking
		select {
		case <-l.Done():
			return
		case <-time.After(time.Millisecond): // draw
		}
	}
	// Output:
	// frame 0
	// frame 1
	// frame 2
}

func ExampleBlock() {
	l := loop.New()
	go func() { _ = l.Run(context.Background()) }()
	defer l.Stop()
	_ = l.Do(context.Background(), func() {
		sum, err := loop.Block(context.Background(), func(context.Context) (int, error) {
			time.Sleep(time.Millisecond) // anything that would hold the thread up
			return 6 * 7, nil
		})
		fmt.Println(sum, err)
	})
	// Output: 42 <nil>
}
