//go:build !unix

package looptest

import "time"

func processor() (used time.Duration, sleeps int64, ok bool) { return 0, 0, false }
