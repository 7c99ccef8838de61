package sdl_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/Zyko0/go-sdl3/bin/binsdl"
	"github.com/Zyko0/go-sdl3/sdl"
	"go.uber.org/goleak"

	host "github.com/pinion-go/pinion/loop/host/sdl"
)

// child is the variable by which the test binary, run again, learns what to do instead of testing. Tests run
// on goroutines of their own, so what needs the main thread has to happen in TestMain.
const child = "PINION_SDL_CHILD"

// withoutLibrary is what a host says before the library is loaded.
var withoutLibrary error

func TestMain(m *testing.M) {
	withoutLibrary = host.NewHost(func(sdl.Event) {}).Wait(0)
	library := binsdl.Load()
	program, ok := programs[os.Getenv(child)]
	if !ok {
		setDriver("dummy")
		goleak.VerifyTestMain(m, goleak.IgnoreCurrent(), goleak.Cleanup(func(code int) {
			library.Unload()
			os.Exit(code)
		}))
		return
	}
	err := program()
	library.Unload()
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Print("good")
}

// setDriver chooses the video driver. With "dummy", on which tests run, video may be on any thread.
func setDriver(name string) {
	if err := sdl.SetHintWithPriority(sdl.HINT_VIDEO_DRIVER, name, sdl.HINT_OVERRIDE); err != nil {
		panic(err)
	}
}
