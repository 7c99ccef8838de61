package queue_test

import (
	"context"
	"fmt"

	"github.com/pinion-go/pinion/queue"
)

// A producer that is ahead of its consumer waits; closing ends the consumer's loop once nothing is left.
func ExampleQueue() {
	ctx := context.Background()
	q := queue.NewQueue[string](1)
	go func() {
		defer q.Close()
		for _, word := range []string{"one", "two", "three"} {
			if err := q.Put(ctx, word); err != nil {
				fmt.Println(err)
			}
		}
	}()
	for word, err := range q.All(ctx) {
		fmt.Println(word, err)
	}
	// Output:
	// one <nil>
	// two <nil>
	// three <nil>
}
