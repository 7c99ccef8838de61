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

// idleUsesNoProcessor tells a loop that sleeps while it has nothing to do from one that spins, by the processor time
// that the process takes, and from one that looks every millisecond, by how often a thread goes to sleep. How much
// time a look takes is the machine's affair. What else goes on in the process counts, too, so there are some tries.
func idleUsesNoProcessor(t *testing.T, d Driver) {
	const while, most = 200 * time.Millisecond, 100
	l := d.drive(t)
	_, err := l.PostDelayed(time.Hour, func() {})
	require.NoError(t, err)
	var took time.Duration
	var looks int64
	for range 10 {
		used, sleeps, ok := processor()
		if !ok {
			t.Skip("this system does not say what the process has used")
		}
		require.NoError(t, loop.Sleep(background, while))
		usedThen, sleepsThen, _ := processor()
		if took, looks = usedThen-used, sleepsThen-sleeps; took < while/2 && looks < most {
			return
		}
	}
	t.Errorf("%v of the processor in %v, and %d sleeps", took, while, looks)
}
