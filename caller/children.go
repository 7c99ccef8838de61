package caller

import (
	"context"
	"fmt"

	"github.com/pinion-go/pinion/loop"
)

// child returns the child that Get asks for. made says that it is new and has no thread yet.
func (c *Caller) child(cfg config) (child *Caller, made bool, err error) {
	if cfg.name == "" {
		child, err = create(context.Background(), cfg, loop.WithOwnThread())
		return child, true, err
	}
	c.getting.Lock()
	defer c.getting.Unlock()
	for _, child := range c.Children() {
		if child.Name() != cfg.name || child.State() >= Stopping {
			continue
		}
		if cfg.host != nil && cfg.host != child.cfg.host {
			return nil, false, fmt.Errorf("%w: child %q of %q has host %T, not %T", ErrMismatch, cfg.name, c.Name(), child.cfg.host, cfg.host)
		}
		if (cfg.guest != nil) != (child.cfg.guest != nil) && cfg.guest != nil {
			return nil, false, fmt.Errorf("%w: child %q of %q is no guest", ErrMismatch, cfg.name, c.Name())
		}
		return child, false, nil
	}
	child, err = create(context.Background(), cfg, loop.WithOwnThread())
	return child, true, err
}
