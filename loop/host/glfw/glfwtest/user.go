package glfwtest

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

func init() { xgb.Logger.SetOutput(io.Discard) } // it tells of every connection that needs no password

// Close asks the window whose title begins with title to close, as its close button does. It waits for such a
// window, up to a minute.
func Close(title string) error {
	return toWindow(title, func(c *xgb.Conn, w xproto.Window) (event string, mask uint32, err error) {
		protocols, err := atom(c, "WM_PROTOCOLS")
		if err != nil {
			return "", 0, err
		}
		deletion, err := atom(c, "WM_DELETE_WINDOW")
		return string(xproto.ClientMessageEvent{
			Format: 32,
			Window: w,
			Type:   protocols,
			Data:   xproto.ClientMessageDataUnionData32New([]uint32{uint32(deletion), 0, 0, 0, 0}),
		}.Bytes()), xproto.EventMaskNoEvent, err
	})
}

// Press presses the key with that scancode in the window whose title begins with title. It waits for such a
// window, up to a minute.
func Press(title string, scancode byte) error {
	return toWindow(title, func(_ *xgb.Conn, w xproto.Window) (event string, mask uint32, err error) {
		return string(xproto.KeyPressEvent{
			Detail:     xproto.Keycode(scancode),
			Event:      w,
			SameScreen: true,
		}.Bytes()), xproto.EventMaskKeyPress, nil
	})
}

func toWindow(title string, makeEvent func(*xgb.Conn, xproto.Window) (event string, mask uint32, err error)) error {
	c, err := xgb.NewConn()
	if err != nil {
		return err
	}
	defer c.Close()
	w, err := find(c, title)
	if err != nil {
		return err
	}
	event, mask, err := makeEvent(c, w)
	if err != nil {
		return err
	}
	return xproto.SendEventChecked(c, false, w, mask, event).Check()
}

func atom(c *xgb.Conn, name string) (xproto.Atom, error) {
	reply, err := xproto.InternAtom(c, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0, err
	}
	return reply.Atom, nil
}

// find waits for a window of that title.
func find(c *xgb.Conn, title string) (xproto.Window, error) {
	root := xproto.Setup(c).DefaultScreen(c).Root
	for range 6000 {
		if w, ok := below(c, root, title); ok {
			return w, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return 0, fmt.Errorf("glfwtest: no window %q", title)
}

func below(c *xgb.Conn, parent xproto.Window, title string) (xproto.Window, bool) {
	tree, err := xproto.QueryTree(c, parent).Reply()
	if err != nil { // it is gone
		return 0, false
	}
	for _, w := range tree.Children {
		name, err := xproto.GetProperty(c, false, w, xproto.AtomWmName, xproto.GetPropertyTypeAny, 0, 256).Reply()
		if err == nil && strings.HasPrefix(string(name.Value), title) {
			return w, true
		}
		if w, ok := below(c, w, title); ok {
			return w, true
		}
	}
	return 0, false
}
