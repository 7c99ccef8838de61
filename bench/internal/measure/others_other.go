//go:build !linux

package measure

import "time"

func othersTime() (time.Duration, bool) { return 0, false }
