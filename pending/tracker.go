package pending

import (
	"context"
	"reflect"
	"slices"
)

// Tracker is told of Pendings that are made under a context it is active in.
type Tracker interface {
	// Track is called on the goroutine that makes p, before p's work is handed over.
	Track(p Handle)
}

type trackersKey struct{}

// WithTracker makes t active in the context it returns and in those made from it, in place of an
// active one of the same type; others stay active. A nil t leaves none active.
func WithTracker(ctx context.Context, t Tracker) context.Context {
	if t == nil {
		return WithTrackers(ctx)
	}
	var active []Tracker
	for _, other := range Trackers(ctx) {
		if reflect.TypeOf(other) != reflect.TypeOf(t) {
			active = append(active, other)
		}
	}
	return WithTrackers(ctx, append(active, t)...)
}

// WithTrackers makes exactly these active in the context it returns and in those made from it, none if there
// are none. Nil ones do not count.
func WithTrackers(ctx context.Context, trackers ...Tracker) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	active := slices.DeleteFunc(slices.Clone(trackers), func(t Tracker) bool { return t == nil })
	if slices.EqualFunc(active, Trackers(ctx), func(a, b Tracker) bool { return same(a, b) }) {
		return ctx // else calls that start their successor under their trackers would become a chain of contexts
	}
	return context.WithValue(ctx, trackersKey{}, active)
}

// Trackers returns the trackers active in ctx. The caller must not change the slice.
func Trackers(ctx context.Context) []Tracker {
	if ctx == nil {
		return nil
	}
	active, _ := ctx.Value(trackersKey{}).([]Tracker)
	return active
}

func (p *core) track(ctx context.Context) {
	if p.untracked {
		return
	}
	for _, t := range Trackers(ctx) {
		t.Track(p.self)
	}
}
