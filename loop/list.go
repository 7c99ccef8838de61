package loop

// list is the coroutines that are suspended, oldest first, linked through themselves.
type list struct{ first, last *coroutine }

func (s *list) add(co *coroutine) {
	co.prev = s.last
	if s.last == nil {
		s.first = co
	} else {
		s.last.succ = co
	}
	s.last = co
}

func (s *list) remove(co *coroutine) {
	if co.prev == nil {
		s.first = co.succ
	} else {
		co.prev.succ = co.succ
	}
	if co.succ == nil {
		s.last = co.prev
	} else {
		co.succ.prev = co.prev
	}
	co.prev, co.succ = nil, nil
}
