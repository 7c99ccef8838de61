package pending

import (
	"fmt"
	"slices"
	"strings"

	"go.uber.org/atomic"
)

var ids atomic.Uint64

// number returns p's number, which it gets when somebody first asks.
func (p *core) number() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.id == 0 {
		p.id = ids.Inc()
	}
	return p.id
}

// longest is how much of a metadata value String shows.
const longest = 40

// String shows the state (🏃 running, ✋ cancelled but running, ✓ result, ✗ error, ⛔ cancelled), a
// number of its own, the function and loop of a call, and the metadata, shortened.
func (p *core) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Pending %s #%d", p.glyph(), p.number())
	if t := p.scheduled; t != nil {
		fmt.Fprintf(&b, " %s", t.funcName())
		if l := t.loop(); l != nil {
			fmt.Fprintf(&b, " on %q", l.Name())
		}
	}
	metadata := p.Metadata()
	keys := make([]string, 0, len(metadata))
	for k := range metadata {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		v := []rune(fmt.Sprint(metadata[k]))
		if len(v) > longest {
			v = append(v[:longest-1], '…')
		}
		fmt.Fprintf(&b, " %s=%s", k, string(v))
	}
	return b.String()
}

func (p *core) glyph() string {
	switch flags := p.flags.Load(); {
	case flags&flagDone == 0 && flags&flagCancelled == 0:
		return "🏃"
	case flags&flagDone == 0:
		return "✋"
	case flags&flagCancelled != 0:
		return "⛔"
	case p.Err() != nil:
		return "✗"
	default:
		return "✓"
	}
}
