package pending_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pinion-go/pinion/pending"
)

// A Pending is made by the one who will have the result, and waited for by whoever wants it.
func ExampleNew() {
	ctx := context.Background()
	answer := pending.New[int](ctx)
	go answer.SetResult(42)

	v, err := answer.Wait(ctx)
	fmt.Println(v, err)

	fmt.Println(answer.SetError(errors.New("too late")))
	fmt.Println(answer.Result())
	// Output:
	// 42 <nil>
	// false
	// 42 <nil>
}

// Go runs a function on a goroutine of its own. A panic in it comes back from Wait.
func ExampleGo() {
	ctx := context.Background()
	half := pending.Go(ctx, func(context.Context) (int, error) {
		var none []int
		return none[0] / 2, nil
	})

	_, err := half.Wait(ctx)
	var p *pending.PanicError
	if errors.As(err, &p) {
		fmt.Println("the function panicked:", p.Value)
	}
	// Output:
	// the function panicked: runtime error: index out of range [0] with length 0
}

// WaitDone waits for the end, whatever it is. A wait that is given up cancels what it waited for, since
// mostly nobody else wants it; Protect leaves it alone.
func ExamplePending_WaitDone() {
	ctx := context.Background()
	impatient, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()

	page := pending.New[string](ctx)
	fmt.Println(page.WaitDone(impatient, pending.Protect()))
	fmt.Println("cancelled:", page.Cancelled())

	fmt.Println(page.WaitDone(impatient))
	fmt.Println("cancelled:", page.Cancelled())

	fmt.Println(page.WaitDone(ctx))
	// Output:
	// context deadline exceeded
	// cancelled: false
	// context deadline exceeded
	// cancelled: true
	// <nil>
}

// Cancelling a running function ends its context. It is done when it has returned.
func ExamplePending_Cancel() {
	ctx := context.Background()
	begun := make(chan struct{})
	copied := pending.Go(ctx, func(ctx context.Context) (int, error) {
		close(begun)
		for files := 0; ; files++ {
			select {
			case <-ctx.Done():
				return files, ctx.Err()
			case <-time.After(time.Millisecond):
			}
		}
	})
	<-begun // before that, nothing would have to be asked to end
	fmt.Println(copied.Cancel("the user has had enough"))

	_, err := copied.Wait(ctx)
	fmt.Println(err)
	fmt.Println(errors.Is(err, pending.ErrCancelled))
	// Output:
	// true
	// cancelled: the user has had enough
	// true
}

// A canceller says how what is pending elsewhere is called off. The one who does it still has the last
// word.
func ExamplePending_SetCanceller() {
	order := pending.New[string](context.Background())
	order.SetCanceller(func(msg string) { fmt.Println("calling the shop:", msg) })

	order.Cancel("not needed")
	fmt.Println(order.Cancelled(), order.IsDone())

	order.SetResult("a parcel") // it has been sent already: nobody is interested
	_, err := order.Result()
	fmt.Println(err)
	// Output:
	// calling the shop: not needed
	// true false
	// cancelled: not needed
}

// Callbacks run in order on the goroutine that ends the Pending, and at once when that has happened.
func ExamplePending_AddDoneCallback() {
	download := pending.New[int](context.Background(), pending.WithMetadata("file", "a.zip"))
	download.AddDoneCallback(func(h pending.Handle) {
		fmt.Println(h.Metadata()["file"], "ended:", h.Err())
	})
	remove := download.AddDoneCallback(func(pending.Handle) { fmt.Println("not printed") })
	fmt.Println(remove())

	download.SetError(errors.New("disk full"))
	download.AddDoneCallback(func(pending.Handle) { fmt.Println("late") })
	// Output:
	// true
	// a.zip ended: disk full
	// late
}

// A Manager knows everything that was started under its context and has not ended, however deep.
func ExampleManager() {
	m := pending.NewManager()
	ctx := m.Context(context.Background())

	started := make(chan struct{})
	pending.Go(ctx, func(ctx context.Context) (pending.None, error) {
		inner := pending.Go(ctx, func(ctx context.Context) (pending.None, error) {
			close(started)
			<-ctx.Done()
			return pending.None{}, ctx.Err()
		})
		return inner.Wait(ctx)
	})
	<-started

	all := m.Pending()
	fmt.Println(len(all), "in progress")
	for _, p := range all {
		p.Cancel("closing time")
	}
	for _, p := range all {
		_ = p.WaitDone(context.Background())
	}
	fmt.Println(len(m.Pending()), "in progress")
	// Output:
	// 2 in progress
	// 0 in progress
}
