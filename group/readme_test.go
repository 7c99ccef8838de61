package group_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
)

var errPicture = errors.New("not a picture")

// What the README compares: pictures are decoded anywhere and uploaded on one thread.
type picture struct{ name string }

func decode(ctx context.Context, name string) (picture, error) {
	if name == "torn.png" {
		return picture{}, errPicture
	}
	return picture{name}, ctx.Err()
}

func upload(picture) error { return nil }

func Example_byHand() {
	ctx, names := context.Background(), []string{"a.png", "torn.png", "b.png"}
	uploads, ended := make(chan func()), make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread()
		for fn := range uploads {
			fn() // if it panics the program ends, if it waits everybody does
		}
	}()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for _, name := range names {
		all.Go(func() {
			picture, err := decode(ctx, name)
			if err != nil {
				cancel(err)
				return
			}
			result := make(chan error, 1)
			select {
			case uploads <- func() { result <- upload(picture) }:
			case <-ctx.Done():
				return
			}
			if err := <-result; err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	close(uploads)
	<-ended
	err := context.Cause(ctx)
	fmt.Println(errors.Is(err, errPicture))
	// Output: true
}

func Example_structured() {
	ctx, names := context.Background(), []string{"a.png", "torn.png", "b.png"}
	gl, err := caller.New(ctx)
	if err != nil {
		panic(err)
	}
	defer gl.Close()
	err = group.Run(ctx, func(ctx context.Context, _ *group.PendingGroup) error {
		for _, name := range names {
			gl.ToThread(ctx, func(ctx context.Context) error {
				picture, err := decode(ctx, name)
				if err != nil {
					return err
				}
				_, err = gl.CallSoon(ctx, func(context.Context) error { return upload(picture) }).Wait(ctx)
				return err
			})
		}
		return nil
	})
	fmt.Println(errors.Is(err, errPicture))
	// Output: true
}
