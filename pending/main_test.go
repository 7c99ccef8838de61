package pending_test

import (
	"testing"

	"go.uber.org/goleak"
)

// runtime.handleEvent is where the Go runtime waits for JavaScript.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("runtime.handleEvent"))
}
