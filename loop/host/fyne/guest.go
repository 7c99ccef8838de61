package fynehost

import (
	"errors"

	"fyne.io/fyne/v2"

	"github.com/pinion-go/pinion/loop"
)

var (
	// ErrNoApp is returned for a nil app.
	ErrNoApp = errors.New("fynehost: no app: make one with app.New first")
	// ErrNotMigrated is returned for an app in which a call that uses a widget would wait for ever.
	ErrNotMigrated = errors.New(`fynehost: the app has not migrated to fyne.Do: call app.SetMetadata with Migrations {"fyneDo": true} before app.New, or build with the tag migrated_fynedo`)
)

// Guest returns a function for caller.WithGuest: the caller is run by app, on the main goroutine. It may be called
// before app runs and while it does, from any goroutine, and does not wait. Errors: ErrNoApp and ErrNotMigrated.
func Guest(app fyne.App) (run func(run func()), err error) {
	if app == nil {
		return nil, ErrNoApp
	}
	if !builtMigrated && !app.Metadata().Migrations["fyneDo"] {
		return nil, ErrNotMigrated
	}
	driver := app.Driver()
	return func(run func()) {
		// Before the app runs, Fyne queues only what does not come from the main goroutine.
		if !post(driver, run) {
			go post(driver, run)
		}
	}, nil
}

// post hands run over to the app. It reports false when the app does not run: Fyne would call run here and now then.
func post(driver fyne.Driver, run func()) (posted bool) {
	// While the app quits Fyne closes the queue into which this sends.
	defer func() { _ = recover() }()
	self, returned, refused := loop.GoroutineID(), false, false
	driver.DoFromGoroutine(func() {
		if loop.GoroutineID() == self && !returned {
			refused = true
			return
		}
		run()
	}, false)
	returned = true
	return !refused
}
