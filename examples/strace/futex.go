//go:build linux && (amd64 || arm64)

package main

// What the kernel's headers say of futex and golang.org/x/sys/unix does not.
const (
	futexPrivate  = 128
	futexRealtime = 256
)

// futexOps has the name of each operation and how many arguments it takes.
var futexOps = []struct {
	name string
	args int
}{
	0: {"FUTEX_WAIT", 4}, 1: {"FUTEX_WAKE", 3}, 3: {"FUTEX_REQUEUE", 5}, 4: {"FUTEX_CMP_REQUEUE", 6},
	5: {"FUTEX_WAKE_OP", 6}, 6: {"FUTEX_LOCK_PI", 4}, 7: {"FUTEX_UNLOCK_PI", 2},
	9: {"FUTEX_WAIT_BITSET", 6}, 10: {"FUTEX_WAKE_BITSET", 6},
}

var futexOp = in(func(_ *call, v uint64) string {
	op := v &^ (futexPrivate | futexRealtime)
	if op >= uint64(len(futexOps)) || futexOps[op].name == "" {
		return hex.value(&call{}, v)
	}
	text := futexOps[op].name
	if v&futexPrivate != 0 {
		text += "_PRIVATE"
	}
	if v&futexRealtime != 0 {
		text += "|FUTEX_CLOCK_REALTIME"
	}
	return text
})

// futexArg is shown by those operations that take it.
func futexArg(p param) param {
	return param{text: func(c *call, i int) string {
		op := c.args[1] &^ (futexPrivate | futexRealtime)
		if op < uint64(len(futexOps)) && i >= futexOps[op].args {
			return ""
		}
		return p.text(c, i)
	}}
}
