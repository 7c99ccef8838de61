package loop

import (
	"sync"

	"github.com/puzpuzpuz/xsync/v3"
)

// table is a map that all loops of the process share. Reading it takes no lock and never waits for a writer.
// Writers come one at a time: those of a bare MapOf wait for one another on a sync.Cond while it grows, and the
// Go runtime ends the process when goroutines of different testing/synctest bubbles do that.
type table[K int | uintptr, V any] struct {
	values  *xsync.MapOf[K, V]
	writing sync.Mutex
}

func newTable[K int | uintptr, V any]() *table[K, V] {
	return &table[K, V]{values: xsync.NewMapOfWithHasher[K, V](spread[K])}
}

// spread is a Fibonacci hash. The keys are no input that somebody could choose.
func spread[K int | uintptr](key K, seed uint64) uint64 {
	h := (uint64(key) ^ seed) * 0x9e3779b97f4a7c15
	return h ^ h>>32
}

func (t *table[K, V]) Load(key K) (V, bool) { return t.values.Load(key) }

func (t *table[K, V]) Store(key K, v V) {
	t.writing.Lock()
	defer t.writing.Unlock()
	t.values.Store(key, v)
}

func (t *table[K, V]) Delete(key K) {
	t.writing.Lock()
	defer t.writing.Unlock()
	t.values.Delete(key)
}
