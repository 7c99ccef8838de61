package caller

import (
	"context"
	"fmt"
	"reflect"

	"github.com/pinion-go/pinion/loop"
)

// child returns the child that Get asks for. made says that it is new and has no thread yet.
func (c *Caller) child(cfg config) (child *Caller, made bool, err error) {
	cfg.thread = cfg.guest == nil
	if cfg.name == "" {
		child, err = create(context.Background(), cfg)
		return child, true, err
	}
	c.getting.Lock()
	defer c.getting.Unlock()
	for _, child := range c.Children() {
		if child.Name() == cfg.name && child.State() < Stopping {
			return child, false, child.matches(cfg)
		}
	}
	child, err = create(context.Background(), cfg)
	return child, true, err
}

// matches reports what keeps c from being the caller that cfg describes.
func (c *Caller) matches(cfg config) error {
	switch {
	case cfg.host != nil && !sameHost(cfg.host, c.cfg.host):
		return fmt.Errorf("%w: %q has host %T, and %T was asked for", ErrMismatch, c.Name(), c.cfg.host, cfg.host)
	case cfg.guest != nil && c.cfg.guest == nil:
		return fmt.Errorf("%w: %q has a thread of its own and is no guest", ErrMismatch, c.Name())
	case cfg.backend != nil && *cfg.backend != c.backend:
		return fmt.Errorf("%w: %q has backend %v, and %v was asked for", ErrMismatch, c.Name(), c.backend, *cfg.backend)
	}
	return nil
}

func sameHost(a, b loop.Host) bool {
	return reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.TypeOf(a).Comparable() && a == b
}
