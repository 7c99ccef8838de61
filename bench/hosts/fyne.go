package main

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"github.com/pinion-go/pinion/caller"
	fynehost "github.com/pinion-go/pinion/loop/host/fyne"
)

func runFyne(measure func([]way) error) error {
	app.SetMetadata(fyne.AppMetadata{ID: "pinion.bench", Name: "bench", Migrations: map[string]bool{"fyneDo": true}})
	a := app.New()
	a.NewWindow("bench").Show()
	result := make(chan error, 1)
	a.Lifecycle().SetOnStarted(func() {
		go func() {
			defer fyne.Do(a.Quit)
			result <- inFyne(a, measure)
		}()
	})
	a.Run()
	return <-result
}

func inFyne(a fyne.App, measure func([]way) error) error {
	run, err := fynehost.Guest(a)
	if err != nil {
		return err
	}
	c, err := caller.New(context.Background(), caller.WithGuest(run))
	if err != nil {
		return err
	}
	defer c.Close()
	var own slice
	own.wake = func() { fyne.Do(own.drain) }
	return measure([]way{
		pinion("Pinion guest", c),
		{name: "fyne.Do", post: fyne.Do},
		{name: "fyne.Do, mutex and slice", post: own.post},
	})
}
