package group

// Waiting counts who is in line.
func (e *Event) Waiting() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for w := e.line.first; w != nil; w = w.next {
		n++
	}
	return n
}
