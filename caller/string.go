package caller

import (
	"fmt"
	"strings"
)

// String shows name, number, state, thread (→ marks the caller's own), protection, children and guests.
func (c *Caller) String() string {
	if c == nil {
		return "no Caller"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Caller %q #%d %v", c.Name(), c.id, c.State())
	if tid := c.ThreadID(); tid != 0 {
		b.WriteString(" thread ")
		if c.loop.OnThread() {
			b.WriteString("→")
		}
		fmt.Fprint(&b, tid)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.holds > 0:
		fmt.Fprintf(&b, " 🔒 held %d times", c.holds)
	case c.protected:
		b.WriteString(" 🔒")
	}
	if n := len(c.children); n > 0 {
		fmt.Fprintf(&b, " children %d", n)
	}
	if n := len(c.guests); n > 0 {
		fmt.Fprintf(&b, " guests %d", n)
	}
	return b.String()
}
