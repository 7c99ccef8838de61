package loop_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain checks that no loop leaves a goroutine or a coroutine behind. The tests of what ends the
// process run in children of their own.
func TestMain(m *testing.M) {
	if name := os.Getenv(crashEnv); name != "" {
		crashes[name].run()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("runtime.handleEvent"))
}
