package loop

import (
	aligned "sync/atomic"

	"go.uber.org/atomic"
)

// 32-bit processors want 64-bit atomics at addresses that are multiples of eight, in structures, too, which Go sees to
// for those of sync/atomic alone.
type (
	atomicInt64 struct {
		_ [0]aligned.Int64
		atomic.Int64
	}
	atomicUint64 struct {
		_ [0]aligned.Int64
		atomic.Uint64
	}
)
