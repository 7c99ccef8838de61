package loop

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"slices"
	"sync"
	"time"

	"go.uber.org/atomic"
)

// watchdog warns of calls that hold the thread. It looks at a busy loop from a timer's goroutine, some
// four times in the limit, and is silent while the loop sleeps. Calls pay nothing for it, a turn pays
// two stores.
type watchdog struct {
	loop  *Loop
	limit time.Duration
	first atomicUint64 // progress when the running turn began
	armed atomic.Bool

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
	mark    uint64 // progress at the last look
	since   int64  // when the call that ran then had begun, at the latest
	warned  bool   // of that call
}

// arm makes sure that somebody looks. The loop calls it once turnStart is set, so that a look which
// found the loop idle either sees the turn or has been undone here.
func (w *watchdog) arm() {
	if w.limit <= 0 || w.armed.Load() {
		return
	}
	w.armed.Store(true)
	w.after(w.limit / 4)
}

func (w *watchdog) after(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.stopped:
	case w.timer == nil:
		w.timer = time.AfterFunc(d, w.look)
	default:
		w.timer.Reset(d)
	}
}

func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
}

// progress changes whenever another call begins or goes on.
func (l *Loop) progress() uint64 {
	return l.mailbox.Started() + l.switches.Load() + l.timersRun.Load()
}

func (w *watchdog) look() {
	l := w.loop
	start := l.turnStart.Load()
	if start == 0 {
		w.armed.Store(false)
		if start = l.turnStart.Load(); start == 0 || !w.armed.CompareAndSwap(false, true) {
			return
		}
	}
	now, mark := l.now(), l.progress()
	w.mu.Lock()
	if mark != w.mark {
		w.mark, w.since, w.warned = mark, now, false
		if mark == w.first.Load()+1 {
			w.since = start
		}
	}
	held := time.Duration(now - w.since)
	warn := held >= w.limit && !w.warned
	w.warned = w.warned || warn
	w.mu.Unlock()
	if warn {
		l.counts.slow.Inc()
		l.log.Warn().Str("loop", l.name).Int("thread", l.ThreadID()).Dur("held", held).
			Str("stack", l.culprit()).Msg("a call holds the thread")
	}
	next := w.limit / 4
	if held < w.limit {
		next = min(next, w.limit-held)
	}
	w.after(max(next, time.Microsecond))
}

// deepStack is a number of frames that profiles may have cut off below.
const deepStack = 100

// switching are the functions in which a coroutine is while another has the thread.
var switching = [][]byte{
	[]byte("loop.(*coroutine).suspend+"),
	[]byte("loop.(*coroutine).Run+"),
	[]byte("loop.(*Loop).switchTo+"),
}

// culprit returns the stack of the call that holds the thread. The goroutine profile has it: among the
// goroutines that drain this loop it is the only one that neither is suspended nor has switched to another.
// That costs a look at every goroutine, but other than a dump of all stacks it stays small with many of them
// alike.
func (l *Loop) culprit() string {
	var buf bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&buf, 1); err != nil {
		return err.Error()
	}
	label := fmt.Appendf(nil, "%q:%q", "loop", l.key)
	for block := range bytes.SplitSeq(buf.Bytes(), []byte("\n\n")) {
		_, stack, ok := bytes.Cut(block, []byte("\n#\t"))
		cut := bytes.Count(stack, []byte("\n#\t")) >= deepStack
		if !ok || !bytes.Contains(block, label) || !cut && !bytes.Contains(stack, []byte("loop.(*Loop).drain+")) {
			continue
		}
		_, below, _ := bytes.Cut(stack, []byte("\n")) // the first frame is iter.Pull's, where a switch was made
		frame, _, _ := bytes.Cut(below, []byte("\n"))
		if !slices.ContainsFunc(switching, func(name []byte) bool { return bytes.Contains(frame, name) }) {
			return "#\t" + string(stack)
		}
	}
	return "(the call has just ended)"
}
