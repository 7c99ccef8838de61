package main

import (
	"context"
	"testing"
	"time"
)

// An interruption in the middle of the walk, which then goes on for a step, must not race with find's return.
func TestFindIsInterrupted(t *testing.T) {
	for i := range 50 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*200*time.Microsecond)
		_, _, _ = find(ctx, "../..")
		cancel()
	}
	time.Sleep(100 * time.Millisecond)
}
