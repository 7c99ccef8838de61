package pending

// coreOf returns what p is made of, or nil for a Handle of another make.
func coreOf(p Handle) *core {
	if h, ok := p.(interface{ base() *core }); ok {
		if c := h.base(); c.self == p {
			return c
		}
	}
	return nil
}

// standIn returns what stands for a Handle of another make, and ends as it does.
func (m *Manager) standIn(p Handle) *core {
	ctx := p.Context()
	m.mu.Lock()
	c, known := m.others[p]
	if !known {
		c = new(core)
		c.init(ctx, p, nil)
		if m.others == nil {
			m.others = make(map[Handle]*core)
		}
		m.others[p] = c
	}
	m.mu.Unlock()
	if !known {
		p.AddDoneCallback(func(Handle) { c.settle(nil, p.Err()) })
	}
	return c
}

// dismiss forgets a stand-in.
func (m *Manager) dismiss(c *core) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.others, c.self)
}

// find returns what m may keep of p, or nil.
func (m *Manager) find(p Handle) *core {
	if p == nil {
		return nil
	}
	if c := coreOf(p); c != nil {
		return c
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.others[p]
}
