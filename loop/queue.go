package loop

import "github.com/pinion-go/pinion/queue"

func init() {
	queue.SetWaiters(func() (queue.Waiter, error) {
		p, err := Self()
		if err != nil {
			return nil, err
		}
		return p, nil
	})
}
