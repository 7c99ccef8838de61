package main

import (
	"github.com/go-gl/glfw/v3.3/glfw"

	"github.com/pinion-go/pinion/caller"
	pinionglfw "github.com/pinion-go/pinion/loop/host/glfw"
)

func runGLFW(measure func([]way) error) error {
	window := func() (func(), error) {
		glfw.WindowHint(glfw.ClientAPI, glfw.NoAPI)
		w, err := glfw.CreateWindow(320, 200, "bench", nil, nil)
		if err != nil {
			return nil, err
		}
		return w.Destroy, nil
	}
	return onMain(pinionglfw.NewHost(), window, func(c *caller.Caller) error {
		ours := pinion("Pinion host", c)
		own := slice{wake: glfw.PostEmptyEvent}
		every := slice{wake: glfw.PostEmptyEvent, every: true}
		return measure([]way{
			ours,
			own.loop("PostEmptyEvent, mutex and slice", glfw.WaitEvents, ours.post),
			every.loop("PostEmptyEvent for every post, mutex and slice", glfw.WaitEvents, ours.post),
		})
	})
}
