package main

import (
	"github.com/Zyko0/go-sdl3/bin/binsdl"
	"github.com/Zyko0/go-sdl3/sdl"

	"github.com/pinion-go/pinion/caller"
	pinionsdl "github.com/pinion-go/pinion/loop/host/sdl"
)

func runSDL(measure func([]way) error) error {
	defer binsdl.Load().Unload()
	shown := make(chan struct{}) // from then on SDL sleeps natively
	host := pinionsdl.NewHost(func(event sdl.Event) {
		if event.Type == sdl.EVENT_WINDOW_EXPOSED && shown != nil {
			close(shown)
			shown = nil
		}
	})
	exposed := shown
	window := func() (func(), error) {
		w, err := sdl.CreateWindow("bench", 320, 200, 0)
		if err != nil {
			return nil, err
		}
		return w.Destroy, nil
	}
	return onMain(host, window, func(c *caller.Caller) error {
		<-exposed
		ours := pinion("Pinion host", c)
		push := func() { _ = sdl.PushEvent(&sdl.Event{Type: sdl.EVENT_USER}) } // a full queue wakes, too
		var event sdl.Event
		wait := func() { must(sdl.WaitEvent(&event)) }
		own := slice{wake: push}
		every := slice{wake: push, every: true}
		return measure([]way{
			ours,
			own.loop("PushEvent, mutex and slice", wait, ours.post),
			every.loop("PushEvent for every post, mutex and slice", wait, ours.post),
		})
	})
}
