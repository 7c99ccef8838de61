//go:build !unix

package sdl_test

// programs are what main may do on an X server.
var programs map[string]func() error
