package pending

import "context"

// Relieve spares the call that is to produce p the watch over the context it was made under, if nothing but the end
// of ctx ends that. Whoever asks for it has to cancel p when ctx ends, or to Restore it. It is a seam for trackers
// that cancel what they keep.
func Relieve(p Handle, ctx context.Context) {
	if r, ok := p.(interface{ relieve(context.Context) }); ok {
		r.relieve(ctx)
	}
}

// Restore takes Relieve back.
func Restore(p Handle) {
	if r, ok := p.(interface{ restore() }); ok {
		r.restore()
	}
}

func (p *core) relieve(ctx context.Context) {
	t := p.scheduled
	if t == nil || t.ancestor.Load() != nil || t.parent.Done() != ctx.Done() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.linked {
		t.linked, t.relieved = true, true
	}
}

func (p *core) restore() {
	t := p.scheduled
	if t == nil {
		return
	}
	t.mu.Lock()
	relieved := t.relieved && t.state.Load() != taskOver
	if relieved {
		t.linked, t.relieved = false, false
	}
	t.mu.Unlock()
	if relieved {
		t.link()
	}
}
