package main

// A toolkit is one in whose loop callers can live.
type toolkit struct {
	name string
	own  string // the name of its own way, with which callers are compared
	// run has the calling goroutine, main's, run the toolkit's loop until measure, on another goroutine, has returned.
	run func(measure func([]way) error) error
}

var toolkits = []toolkit{
	{"glib", "g_idle_add", runGLib},
	{"glfw", "PostEmptyEvent, mutex and slice", runGLFW},
	{"sdl", "PushEvent, mutex and slice", runSDL},
	{"fyne", "fyne.Do", runFyne},
}

// A way has functions run on the toolkit's thread.
type way struct {
	name string
	ours bool // Pinion, not the toolkit's own
	post func(fn func())
	// during, unless nil, calls turn while the loop is the way's own: post is used inside only.
	during func(turn func())
}

// takeTurn has the way do its turn.
func (w way) takeTurn(turn func()) {
	if w.during != nil {
		w.during(turn)
	} else {
		turn()
	}
}
