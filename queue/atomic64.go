package queue

import (
	aligned "sync/atomic"

	"go.uber.org/atomic"
)

// 32-bit processors want 64-bit atomics at addresses that are multiples of eight, in structures, too, which Go sees to
// for those of sync/atomic alone.
type atomicUint64 struct {
	_ [0]aligned.Uint64
	atomic.Uint64
}
