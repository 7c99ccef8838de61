package fynehost_test

import (
	"fmt"
	"os"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"go.uber.org/goleak"

	"github.com/pinion-go/pinion/loop/host/xvfb"
)

// child is the variable by which the test binary, run again, learns what to do instead of testing: an app runs and
// quits once in a process.
const child = "PINION_FYNE_CHILD"

// TestMain starts an X server if there is no display, and keeps the main thread for the app in which the tests run.
func TestMain(m *testing.M) {
	if program := programs[os.Getenv(child)]; program != nil {
		if err := program(newApp()); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		fmt.Print("good")
		os.Exit(0)
	}
	stop, err := xvfb.Start()
	if err != nil {
		fmt.Println(err)
		os.Exit(0)
	}
	a := newApp()
	a.Lifecycle().SetOnStarted(func() {
		// A first window has Fyne start what it keeps.
		a.NewWindow("").Show()
		go func() {
			fynes := goleak.IgnoreCurrent()
			code := m.Run()
			if err := goleak.Find(fynes); err != nil && code == 0 {
				fmt.Println(err)
				code = 1
			}
			fyne.Do(func() { // where Fyne does not miss the server
				stop()
				os.Exit(code) // not by way of Quit, in which Fyne may hang
			})
		}()
	})
	a.Run()
}

func newApp() fyne.App {
	app.SetMetadata(fyne.AppMetadata{ID: "pinion.test", Name: "test", Migrations: map[string]bool{"fyneDo": true}})
	return app.New()
}
