module github.com/pinion-go/pinion/bench/hosts

go 1.26.0

replace (
	github.com/pinion-go/pinion => ../..
	github.com/pinion-go/pinion/bench => ..
	github.com/pinion-go/pinion/loop/host/fyne => ../../loop/host/fyne
	github.com/pinion-go/pinion/loop/host/glfw => ../../loop/host/glfw
	github.com/pinion-go/pinion/loop/host/glib => ../../loop/host/glib
	github.com/pinion-go/pinion/loop/host/sdl => ../../loop/host/sdl
)

require (
	fyne.io/fyne/v2 v2.7.1
	github.com/Zyko0/go-sdl3 v0.1.1
	github.com/go-gl/glfw/v3.3/glfw v0.0.0-20260823155953-d41da22a9587
	github.com/pinion-go/pinion v0.0.0
	github.com/pinion-go/pinion/bench v0.0.0-00010101000000-000000000000
	github.com/pinion-go/pinion/loop/host/fyne v0.0.0-00010101000000-000000000000
	github.com/pinion-go/pinion/loop/host/glfw v0.0.0-00010101000000-000000000000
	github.com/pinion-go/pinion/loop/host/glib v0.0.0-00010101000000-000000000000
	github.com/pinion-go/pinion/loop/host/sdl v0.0.0-00010101000000-000000000000
)

require (
	fyne.io/systray v1.11.1-0.20250603113521-ca66a66d8b58 // indirect
	github.com/BurntSushi/toml v1.5.0 // indirect
	github.com/Zyko0/purego-gen v0.0.0-20250727121216-3bcd331a1e0c // indirect
	github.com/ebitengine/purego v0.11.3 // indirect
	github.com/fredbi/uri v1.1.1 // indirect
	github.com/fsnotify/fsnotify v1.9.0 // indirect
	github.com/fyne-io/gl-js v0.2.0 // indirect
	github.com/fyne-io/glfw-js v0.3.0 // indirect
	github.com/fyne-io/image v0.1.1 // indirect
	github.com/fyne-io/oksvg v0.2.0 // indirect
	github.com/go-gl/gl v0.0.0-20231021071112-07e5d0ea2e71 // indirect
	github.com/go-text/render v0.2.0 // indirect
	github.com/go-text/typesetting v0.2.1 // indirect
	github.com/godbus/dbus/v5 v5.1.0 // indirect
	github.com/hack-pad/go-indexeddb v0.3.2 // indirect
	github.com/hack-pad/safejs v0.1.0 // indirect
	github.com/jeandeaual/go-locale v0.0.0-20250612000132-0ef82f21eade // indirect
	github.com/jsummers/gobmp v0.0.0-20230614200233-a9de23ed2e25 // indirect
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/nfnt/resize v0.0.0-20180221191011-83c6a9932646 // indirect
	github.com/nicksnyder/go-i18n/v2 v2.5.1 // indirect
	github.com/puzpuzpuz/xsync/v3 v3.5.1 // indirect
	github.com/rs/zerolog v1.35.1 // indirect
	github.com/rymdport/portal v0.4.2 // indirect
	github.com/srwiley/oksvg v0.0.0-20221011165216-be6e8873101c // indirect
	github.com/srwiley/rasterx v0.0.0-20220730225603-2ab79fcdd4ef // indirect
	github.com/stretchr/testify v1.12.1 // indirect
	github.com/yuin/goldmark v1.7.8 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/image v0.38.0 // indirect
	golang.org/x/net v0.35.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.35.0 // indirect
)
