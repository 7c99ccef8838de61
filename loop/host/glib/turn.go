package glib

import (
	"runtime/cgo"
	"sync"

	"go.uber.org/atomic"

	"github.com/pinion-go/pinion/loop"
)

// turn is what C holds of a guest that is to be run. Making a handle takes longer than the rest of scheduling one, so
// turns are used again. There are as many as guests have been waiting to be run at once.
type turn struct {
	handle cgo.Handle
	run    func()
	number uint32        // of the use
	told   atomic.Uint32 // the last use of which scheduled has been told
}

var (
	turnsMu sync.Mutex
	turns   []*turn // that C does not hold
)

func takeTurn(run func()) *turn {
	turnsMu.Lock()
	defer turnsMu.Unlock()
	var t *turn
	if last := len(turns) - 1; last >= 0 {
		t, turns = turns[last], turns[:last]
	} else {
		t = new(turn)
		t.handle = cgo.NewHandle(t)
	}
	t.number++
	t.run = run
	return t
}

// scheduled is told when C.schedule has returned, or has done enough for the turn to begin: whichever comes first.
func (t *turn) scheduled(number uint32) {
	if t.told.CompareAndSwap(number-1, number) {
		loop.QuietCallBegun()
	}
}

func (t *turn) giveBack() {
	t.run = nil
	turnsMu.Lock()
	defer turnsMu.Unlock()
	turns = append(turns, t)
}
