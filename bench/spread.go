package main

import "sync"

// spread has op called n times, shared out among goroutines; with one, among none but the own.
func spread(n, goroutines int, op func()) {
	if goroutines == 1 {
		for range n {
			op()
		}
		return
	}
	var wg sync.WaitGroup
	for g := range goroutines {
		share := (n + g) / goroutines
		wg.Go(func() {
			for range share {
				op()
			}
		})
	}
	wg.Wait()
}
