package queue

// ring is a first-in first-out list in one slice, whose length is a power of two.
type ring[T any] struct {
	slots []T
	first int
	n     int
}

// largeRing is the number of slots that are worth giving back when a ring is empty.
const largeRing = 1 << 12

func (r *ring[T]) push(v T) {
	if r.n == len(r.slots) {
		grown := make([]T, max(8, 2*r.n))
		copied := copy(grown, r.slots[r.first:])
		copy(grown[copied:], r.slots[:r.first])
		r.slots, r.first = grown, 0
	}
	r.slots[(r.first+r.n)&(len(r.slots)-1)] = v
	r.n++
}

func (r *ring[T]) pop() T {
	var none T
	v := r.slots[r.first]
	r.slots[r.first] = none
	r.first = (r.first + 1) & (len(r.slots) - 1)
	if r.n--; r.n == 0 && len(r.slots) > largeRing {
		r.slots, r.first = nil, 0
	}
	return v
}
