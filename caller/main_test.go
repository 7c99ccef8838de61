package caller_test

import (
	"testing"

	"go.uber.org/goleak"
)

var ignored = goleak.IgnoreAnyFunction("runtime.handleEvent") // js/wasm has it

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, ignored) }
