//go:build cgo || windows

package loop

// callbacksExist says whether C can call Go in this program.
const callbacksExist = true
