package loop_test

import (
	"testing"
	"testing/synctest"

	"github.com/pinion-go/pinion/loop/looptest"
)

var drivers = map[string]looptest.Driver{
	"pinned": looptest.Pinned(),
	"manual": looptest.Manual(),
	"guest":  looptest.Guest(),
	"hosted": looptest.Hosted(),
}

func TestConformance(t *testing.T) {
	for name, d := range drivers {
		t.Run(name, func(t *testing.T) { looptest.Run(t, d) })
	}
}

// TestConformanceInBubbles runs the suite in virtual time: what would hang there for good is then found
// at once, and a coroutine left behind fails the test.
func TestConformanceInBubbles(t *testing.T) {
	for name, d := range drivers {
		for _, c := range looptest.Cases() {
			t.Run(name+"/"+c.Name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { c.Run(t, d) })
			})
		}
	}
}
