// Quickstart shows in a minute what Pinion is: functions handed to pinned threads, and a function that
// waits there without holding its thread up.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	// Two callers: two OS threads.
	gui, err := caller.New(ctx, caller.WithName("gui"))
	if err != nil {
		return err
	}
	defer gui.Close()
	db, err := caller.New(ctx, caller.WithName("db"))
	if err != nil {
		return err
	}
	defer db.Close()

	for _, c := range []*caller.Caller{gui, db, gui, db} {
		thread := caller.CallSoon(ctx, c, func(context.Context) (int, error) { return loop.OSThreadID(), nil })
		id, err := thread.Wait(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("1. %-3s runs on thread %d\n", c.Name(), id)
	}

	// A call that waits for another thread is suspended; its own thread goes on with the next call.
	report := gui.CallSoon(ctx, func(ctx context.Context) error {
		fmt.Println("2. gui: asks db for the answer and waits")
		answer, err := caller.CallSoon(ctx, db, func(ctx context.Context) (int, error) {
			return 42, loop.Sleep(ctx, 50*time.Millisecond)
		}).Wait(ctx)
		fmt.Printf("2. gui: got %d on thread %d\n", answer, loop.OSThreadID())
		return err
	})
	click := gui.CallSoon(ctx, func(context.Context) error {
		fmt.Printf("2. gui: handles a click meanwhile on thread %d\n", loop.OSThreadID())
		return nil
	})
	for _, p := range []*pending.Pending[pending.None]{report, click} {
		if _, err := p.Wait(ctx); err != nil {
			return err
		}
	}

	// A panic becomes the error of its call, with its stack; the thread lives on.
	_, err = gui.CallSoon(ctx, func(context.Context) error { panic("out of cheese") }).Wait(ctx)
	if p, ok := errors.AsType[*pending.PanicError](err); ok {
		fmt.Printf("3. gui: %v, with %t stack\n", p, len(p.Stack) > 0)
	}

	// A wait that is given up cancels what it waited for.
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	slow := db.CallSoon(ctx, func(ctx context.Context) error { return loop.Sleep(ctx, time.Hour) })
	_, err = slow.Wait(short)
	fmt.Println("4. db: gave up:", err)
	if err := slow.WaitDone(ctx); err != nil {
		return err
	}
	fmt.Println("4. db: the call ended:", slow.Err())

	// Stopping ends what is left: every call comes to an end, and its deferred functions have run.
	left := db.CallSoon(ctx, func(ctx context.Context) error {
		defer fmt.Println("5. db: cleaned up on its own thread")
		return loop.Sleep(ctx, time.Hour)
	})
	if err := db.Do(ctx, func() {}); err != nil { // by now it sleeps
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	fmt.Println("5. db:", left.Err(), "-", db.State())
	return nil
}
