//go:build !cgo && !windows

package loop

import _ "unsafe"

// callbacksExist says whether C can call Go in this program. It can without cgo, too: purego sets what the
// runtime/cgo package otherwise would.
//
//go:linkname callbacksExist runtime.iscgo
var callbacksExist bool
