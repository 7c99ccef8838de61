//go:build !unix

package looptest

import "time"

func processorTime() (used time.Duration, ok bool) { return 0, false }
