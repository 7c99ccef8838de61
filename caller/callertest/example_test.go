package callertest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/caller/callertest"
	"github.com/pinion-go/pinion/loop"
)

// In a bubble a call that takes an hour takes no time, and the test ends with nothing left over.
func ExampleNew() {
	TestBackup := func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := callertest.New(t)
			began := time.Now()
			_, err := c.CallLater(t.Context(), time.Hour, func(context.Context) error { return nil }).Wait(t.Context())
			if err != nil || time.Since(began) != time.Hour {
				t.Errorf("%v after %v", err, time.Since(began))
			}
		})
	}
	_ = TestBackup
}

func ExampleAssertSuspends() {
	TestSave := func(t *testing.T) {
		save := func(ctx context.Context) error { return loop.Sleep(ctx, time.Millisecond) }
		check := func(ctx context.Context) bool { return caller.Current(ctx) != nil }

		callertest.AssertSuspends(t, func(ctx context.Context) { _ = save(ctx) })
		callertest.AssertDoesNotSuspend(t, func(ctx context.Context) { check(ctx) })
	}
	_ = TestSave
}
