package queue

import (
	"errors"
	"sync"

	"go.uber.org/atomic"
)

var (
	// ErrClosed is returned by Put once the container is closed.
	ErrClosed = errors.New("queue: closed")
	// ErrFull is returned by Put when the container holds as much as its limit allows.
	ErrFull = errors.New("queue: full")
)

// Mailbox hands values from many producers to one consumer, in order. It has two lanes: the
// ordinary one, which may be limited and can be closed, and the express one, which accepts always
// and is meant for values that the consumer itself has asked for, such as the end of a wait.
//
// It never blocks: producers are refused when it is full, and the consumer waits by means of its
// own. To know when that wait has to be ended, the consumer announces it with Sleep, and the first
// Put after that reports wake; every other Put reports false, so that one sleep costs one wake-up.
//
// Both lanes are slices under one mutex, taken whole by the consumer. That has been measured
// against an intrusive lock-free list (four times dearer, since it allocates its nodes) and against
// a buffered channel (three times dearer).
type Mailbox[T any] struct {
	mu       sync.Mutex
	ordinary []T
	express  []T
	accepted uint64 // values that the ordinary lane has taken so far
	limit    uint64
	closed   bool
	asleep   bool

	_        [64]byte     // what the consumer writes stays off the producers' cache lines
	started  atomicUint64 // values of the ordinary lane that the consumer has started with
	_        [64]byte
	waiting  atomic.Bool // the ordinary lane holds something: can be seen without the lock
	pressing atomic.Bool // the express lane does
}

// NewMailbox makes a Mailbox whose ordinary lane holds at most limit values that the consumer has
// not Started; 0 means that there is no limit.
func NewMailbox[T any](limit int) *Mailbox[T] {
	return &Mailbox[T]{limit: uint64(max(limit, 0))}
}

// Put adds v to the ordinary lane. Any goroutine may call it; it does not block. wake says that the
// consumer sleeps and that it falls to this producer to wake it.
func (m *Mailbox[T]) Put(v T) (wake bool, err error) {
	m.mu.Lock()
	wake, err = m.PutLocked(v)
	m.mu.Unlock()
	return wake, err
}

// Lock takes the mailbox's lock, for who has to do something in one step with PutLocked, under one lock instead
// of two. Until Unlock nothing else of the mailbox may be called, and nobody be kept waiting.
func (m *Mailbox[T]) Lock() { m.mu.Lock() }

// Unlock ends what Lock has begun.
func (m *Mailbox[T]) Unlock() { m.mu.Unlock() }

// PutLocked is Put between Lock and Unlock. The consumer must not be woken before Unlock.
func (m *Mailbox[T]) PutLocked(v T) (wake bool, err error) {
	switch {
	case m.closed:
		return false, ErrClosed
	case m.limit > 0 && m.accepted-m.started.Load() >= m.limit:
		return false, ErrFull
	}
	if len(m.ordinary) == 0 {
		m.waiting.Store(true)
	}
	m.ordinary = append(m.ordinary, v)
	m.accepted++
	wake, m.asleep = m.asleep, false
	return wake, nil
}

// PutExpress adds v to the express lane, also when the mailbox is closed or full. Any goroutine may
// call it; it does not block. wake is as with Put.
func (m *Mailbox[T]) PutExpress(v T) (wake bool) {
	m.mu.Lock()
	if len(m.express) == 0 {
		m.pressing.Store(true)
	}
	m.express = append(m.express, v)
	wake, m.asleep = m.asleep, false
	m.mu.Unlock()
	return wake
}

// PutLast adds v to the end of the ordinary lane whatever its state, without counting it as
// accepted: the consumer puts itself behind all that is there. It returns how many values the express lane
// holds.
func (m *Mailbox[T]) PutLast(v T) (express int) {
	m.mu.Lock()
	if len(m.ordinary) == 0 {
		m.waiting.Store(true)
	}
	m.ordinary = append(m.ordinary, v)
	express = len(m.express)
	m.mu.Unlock()
	return express
}

// Nudge ends a sleep without adding anything. wake is as with Put.
func (m *Mailbox[T]) Nudge() (wake bool) {
	m.mu.Lock()
	wake, m.asleep = m.asleep, false
	m.mu.Unlock()
	return wake
}

// Take returns what the ordinary lane holds and leaves spare, emptied, in its place. Only the consumer
// may call it, and TakeExpress.
func (m *Mailbox[T]) Take(spare []T) (taken []T) {
	return m.swap(&m.ordinary, &m.waiting, spare)
}

// TakeExpress is Take for the express lane.
func (m *Mailbox[T]) TakeExpress(spare []T) (taken []T) {
	return m.swap(&m.express, &m.pressing, spare)
}

// swap takes a lane, and the lock only if there is something in it.
func (m *Mailbox[T]) swap(lane *[]T, holds *atomic.Bool, spare []T) (taken []T) {
	if !holds.Load() {
		return spare[:0]
	}
	m.mu.Lock()
	taken, *lane = *lane, spare[:0]
	holds.Store(false)
	m.mu.Unlock()
	return taken
}

// SetStarted says how many accepted values of the ordinary lane the consumer has started so far,
// which makes room in a limited one. Only the consumer may call it.
func (m *Mailbox[T]) SetStarted(n uint64) { m.started.Store(n) }

// Started returns what SetStarted was told last.
func (m *Mailbox[T]) Started() uint64 { return m.started.Load() }

// Sleep announces that the consumer is about to sleep, unless something is there already: then it
// reports false and the consumer must not.
func (m *Mailbox[T]) Sleep() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asleep = len(m.ordinary) == 0 && len(m.express) == 0
	return m.asleep
}

// Wakened takes an announced sleep back, for a consumer that woke for reasons of its own.
func (m *Mailbox[T]) Wakened() {
	m.mu.Lock()
	m.asleep = false
	m.mu.Unlock()
}

// NonEmpty reports whether a lane holds something, without locking.
func (m *Mailbox[T]) NonEmpty() bool { return m.waiting.Load() || m.pressing.Load() }

// Pressing is NonEmpty for the express lane alone.
func (m *Mailbox[T]) Pressing() bool { return m.pressing.Load() }

// Len reports how many accepted values of the ordinary lane have not been started.
func (m *Mailbox[T]) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int(m.accepted - m.started.Load())
}

// Close makes every later Put fail with ErrClosed. What has been accepted stays to be taken.
func (m *Mailbox[T]) Close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
}
