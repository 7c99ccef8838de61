package mainthread_test

import (
	"context"
	"fmt"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/caller/mainthread"
)

// What main does in a program with a toolkit that insists on the main thread: the body, and every call on c from
// wherever it is made, run there.
func Example() {
	err := mainthread.Run(func(ctx context.Context, c *caller.Caller) error {
		other, err := c.Get("other")
		if err != nil {
			return err
		}
		where := func(name string) {
			fmt.Println(name, c.Loop().OnThread())
		}
		where("body:")
		_, err = other.CallSoon(ctx, func(ctx context.Context) error {
			where("a call on another caller:")
			return c.Do(ctx, func() { where("what it has done here:") })
		}).Wait(ctx)
		return err
	}, caller.WithName("main"))
	fmt.Println(err)
	// Output:
	// body: true
	// a call on another caller: false
	// what it has done here: true
	// <nil>
}
