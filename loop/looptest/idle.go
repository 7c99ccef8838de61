package looptest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
)

var idle = []Case{
	{"Idle/UsesNoProcessor", idleUsesNoProcessor},
}

// idleUsesNoProcessor compares the processor time that the process takes with the time that passes while the loop
// has nothing to do. What else goes on in the process counts, too, so the bound is generous and there are some tries:
// it tells a loop that sleeps from one that does not.
func idleUsesNoProcessor(t *testing.T, d Driver) {
	const while, bound = 200 * time.Millisecond, 10 * time.Millisecond
	l := d.drive(t)
	_, err := l.PostDelayed(time.Hour, func() {})
	require.NoError(t, err)
	var took time.Duration
	for range 10 {
		before, ok := processorTime()
		if !ok {
			t.Skip("this system does not say what the process has used")
		}
		require.NoError(t, loop.Sleep(background, while))
		after, _ := processorTime()
		if took = after - before; took <= bound {
			return
		}
	}
	t.Errorf("%v of the processor in %v", took, while)
}
