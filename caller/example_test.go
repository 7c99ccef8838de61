package caller_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/queue"
)

// A caller is made, is handed work, and is closed.
func ExampleNew() {
	ctx := context.Background()
	c, err := caller.New(ctx, caller.WithName("printer"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = c.Close() }()
	p := caller.CallSoon(ctx, c, func(ctx context.Context) (string, error) {
		return "hello from " + caller.Current(ctx).Name(), nil
	})
	fmt.Println(p.Wait(ctx))
	// Output: hello from printer <nil>
}

// A call that waits is suspended, and others run on its thread meanwhile.
func ExampleCallSoon_suspension() {
	ctx := context.Background()
	c, _ := caller.New(ctx)
	defer func() { _ = c.Close() }()
	answer := pending.New[int](ctx)
	first := c.CallSoon(ctx, func(ctx context.Context) error {
		fmt.Println("first: waits")
		v, err := answer.Wait(ctx)
		fmt.Println("first: has", v)
		return err
	})
	second := c.CallSoon(ctx, func(context.Context) error {
		fmt.Println("second: runs on the same thread")
		answer.SetResult(42)
		return nil
	})
	_, _ = second.Wait(ctx)
	_, _ = first.Wait(ctx)
	// Output:
	// first: waits
	// second: runs on the same thread
	// first: has 42
}

// A panic comes back to whoever waits, as an error that has its stack.
func ExampleCallSoon_panic() {
	ctx := context.Background()
	c, _ := caller.New(ctx)
	defer func() { _ = c.Close() }()
	_, err := c.CallSoon(ctx, func(context.Context) error { panic("out of paper") }).Wait(ctx)
	fmt.Println(err)
	p, ok := errors.AsType[*pending.PanicError](err)
	fmt.Println(ok, p.Value, len(p.Stack) > 0)
	// Output:
	// panic: out of paper
	// true out of paper true
}

// The calling goroutine becomes the caller, until the body and all that it has started are done.
func ExampleRun() {
	err := caller.Run(context.Background(), func(ctx context.Context, c *caller.Caller) error {
		c.CallLater(ctx, time.Millisecond, func(context.Context) error {
			fmt.Println("later")
			return nil
		})
		fmt.Println("at once")
		return nil
	})
	fmt.Println("over:", err)
	// Output:
	// at once
	// later
	// over: <nil>
}

// A game loop runs its caller's calls once a frame.
func ExampleManual() {
	ctx := context.Background()
	c, _ := caller.Manual(ctx)
	defer func() { _ = c.Close() }()
	c.CallSoon(ctx, func(ctx context.Context) error {
		for step := range 3 {
			fmt.Println("step", step)
			if err := loop.Sleep(ctx, 100*time.Millisecond); err != nil {
				return err
			}
		}
		return nil
	})
	for frame := range 2 {
		fmt.Println("frame", frame)
		_ = c.Poll(ctx, time.Second)
	}
	// Output:
	// frame 0
	// step 0
	// frame 1
	// step 1
}

// A child is made when it is first asked for, and stops before its parent does.
func ExampleCaller_Get() {
	ctx := context.Background()
	parent, _ := caller.New(ctx)
	child, _ := parent.Get("worker")
	again, _ := parent.Get("worker")
	fmt.Println(child == again, child.Parent() == parent)
	_ = parent.Close()
	fmt.Println(child.State())
	// Output:
	// true true
	// stopped
}

// A caller that is held by several stops when the last of them lets go.
func ExampleCaller_Hold() {
	ctx := context.Background()
	c, _ := caller.New(ctx)
	one, _ := c.Hold()
	two, _ := c.Hold()
	c.Stop(false) // not while somebody holds it
	one()
	fmt.Println(c.State())
	two()
	_ = c.WaitStopped(ctx)
	fmt.Println(c.State())
	// Output:
	// running
	// stopped
}

// Do waits for a function on the caller's thread; on that thread it calls it at once.
func ExampleCaller_Do() {
	ctx := context.Background()
	c, _ := caller.New(ctx)
	defer func() { _ = c.Close() }()
	n := 0 // touched on the caller's thread only
	for range 3 {
		if err := c.Do(ctx, func() { n++ }); err != nil {
			fmt.Println(err)
		}
	}
	_ = c.Do(ctx, func() {
		_ = c.Do(ctx, func() { fmt.Println("inline:", n) })
	})
	// Output: inline: 3
}

// Calls queued for a Func do not overlap, although each of them waits in the middle.
func ExampleQueueCall() {
	ctx := context.Background()
	c, _ := caller.New(ctx)
	defer func() { _ = c.Close() }()
	balance, done := 0, pending.New[int](ctx)
	deposit := queue.NewFunc(func(ctx context.Context, amount int) error {
		old := balance
		if err := loop.Sleep(ctx, time.Millisecond); err != nil {
			return err
		}
		if balance = old + amount; balance == 60 {
			done.SetResult(balance)
		}
		return nil
	})
	for _, amount := range []int{10, 20, 30} {
		if err := caller.QueueCall(ctx, c, deposit, amount); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(done.Wait(ctx))
	// Output: 60 <nil>
}

// Producer and consumer share one thread: each is suspended while it waits for the other.
func Example_queue() {
	ctx := context.Background()
	c, _ := caller.New(ctx)
	defer func() { _ = c.Close() }()
	q := queue.NewQueue[int](1)
	sum := caller.CallSoon(ctx, c, func(ctx context.Context) (sum int, err error) {
		for n, err := range q.All(ctx) {
			if err != nil {
				return sum, err
			}
			sum += n
		}
		return sum, nil
	})
	c.CallSoon(ctx, func(ctx context.Context) error {
		defer q.Close()
		for n := range 5 {
			if err := q.Put(ctx, n); err != nil {
				return err
			}
		}
		return nil
	})
	fmt.Println(sum.Wait(ctx))
	// Output: 10 <nil>
}

// What blocks for long is given to a worker, and the caller's own thread stays free.
func ExampleToThread() {
	ctx := context.Background()
	c, _ := caller.New(ctx, caller.WithName("ui"))
	defer func() { _ = c.Close() }()
	size := caller.ToThread(ctx, c, func(ctx context.Context) (int, error) {
		fmt.Println("on", caller.Current(ctx).Name())
		time.Sleep(time.Millisecond) // a system call, a C library, …
		return 42, nil
	})
	fmt.Println(size.Wait(ctx))
	// Output:
	// on ui/worker-1
	// 42 <nil>
}

// With a limit, calls wait for their turn, in the order in which they were made.
func ExampleWithMaxWorkers() {
	ctx := context.Background()
	c, _ := caller.New(ctx, caller.WithMaxWorkers(1))
	defer func() { _ = c.Close() }()
	var last *pending.Pending[pending.None]
	for i := range 3 {
		last = c.ToThread(ctx, func(context.Context) error {
			fmt.Println("call", i)
			return nil
		})
	}
	_ = last.WaitDone(ctx)
	// Output:
	// call 0
	// call 1
	// call 2
}
