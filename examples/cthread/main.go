// Cthread uses a C library that insists on one thread: from free goroutines, which goes wrong, and through a
// caller, which does not.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"sync"
	"time"

	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

const (
	users = 8
	adds  = 200 // by each user
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	wrong, lost, err := freely()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "free goroutines: %d of %d uses failed, %d of those without a reason\n", wrong, users*adds, lost)

	c, err := caller.New(ctx, caller.WithName("meter"))
	if err != nil {
		return err
	}
	defer c.Close()
	wrong, total, err := through(ctx, c)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "through a caller: %d of %d uses failed, the total is %d\n", wrong, users*adds, total)
	return callbacks(ctx, c, out)
}

// freely uses one meter from goroutines that may run anywhere. Lost counts the failures that the library,
// asked on another thread than the one that failed, knows nothing of.
func freely() (wrong, lost int64, err error) {
	m, err := openMeter()
	if err != nil {
		return 0, 0, err
	}
	defer m.close()
	var failed, unexplained atomic.Int64
	var wg sync.WaitGroup
	for range users {
		wg.Go(func() {
			for range adds {
				ok := m.try(1)
				runtime.Gosched() // as anything else between the two would
				if why := lastError(); !ok {
					failed.Inc()
					if why.Error() == "" {
						unexplained.Inc()
					}
				}
			}
		})
	}
	wg.Wait()
	return failed.Load(), unexplained.Load(), nil
}

// through does the same by way of a caller, which opens, uses and closes the meter on its thread.
func through(ctx context.Context, c *caller.Caller) (wrong int64, total int, err error) {
	m, err := caller.CallSoon(ctx, c, func(context.Context) (meter, error) { return openMeter() }).Wait(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, c.Do(ctx, m.close)) }()
	var failed atomic.Int64
	var wg sync.WaitGroup
	for range users {
		wg.Go(func() {
			for range adds {
				if _, err := c.CallSoon(ctx, func(context.Context) error { return m.add(1) }).Wait(ctx); err != nil {
					failed.Inc()
				}
			}
		})
	}
	wg.Wait()
	return failed.Load(), total, c.Do(ctx, func() { total = m.total() })
}

// callbacks has C call back into Go, where nothing can be suspended: C's frames are in between. What has to
// wait is handed over, and waits when C has returned.
func callbacks(ctx context.Context, c *caller.Caller, out io.Writer) error {
	var refused error
	var later []*pending.Pending[pending.None]
	_, err := c.CallSoon(ctx, func(ctx context.Context) error {
		each(3, func(i int) {
			refused = loop.Sleep(ctx, time.Millisecond)
			later = append(later, c.CallSoon(ctx, func(ctx context.Context) error {
				return loop.Sleep(ctx, time.Millisecond)
			}))
		})
		for _, p := range later {
			if _, err := p.Wait(ctx); err != nil {
				return err
			}
		}
		return nil
	}).Wait(ctx)
	fmt.Fprintf(out, "in a callback from C: waiting is refused: %t; %d handed over and done\n",
		errors.Is(refused, loop.ErrCannotSuspend), len(later))
	return err
}
