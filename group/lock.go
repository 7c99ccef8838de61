package group

import (
	"context"
	"sync"

	"github.com/pinion-go/pinion/pending"
)

// Lock takes a lock that is not of this package, such as a sync.Mutex, without holding up the thread of a
// loop: if the lock has TryLock and is free it is taken at once, even if ctx has ended; otherwise a
// goroutine waits for it, while the call is suspended or the calling goroutine blocked. unlock gives it
// back; it may be called from anywhere, and again, which does nothing. So l.Lock and l.Unlock may be called
// on different goroutines and threads, which a lock of an operating system or a C library may not allow.
// A nil l is a lock that is always free.
//
// On an error nothing is locked and unlock is nil: ctx's error, when it has ended before the wait is over;
// loop.ErrStopped, when the loop of the call stops; loop.ErrCannotSuspend; and what became of a panic in
// l.Lock. A goroutine that still waits gives the lock back as soon as it gets it.
func Lock(ctx context.Context, l sync.Locker) (unlock func(), err error) {
	if l == nil {
		return func() {}, nil
	}
	if t, ok := l.(interface{ TryLock() bool }); ok && t.TryLock() {
		return sync.OnceFunc(l.Unlock), nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	taken := pending.Go(context.Background(), func(context.Context) (pending.None, error) {
		l.Lock()
		return pending.None{}, nil
	})
	if err = taken.WaitDone(ctx, pending.Protect()); err == nil {
		err = ctx.Err()
	}
	if err != nil {
		taken.AddDoneCallback(func(p pending.Handle) {
			if p.Err() == nil {
				l.Unlock()
			}
		})
		return nil, err
	}
	if err = taken.Err(); err != nil {
		return nil, err
	}
	return sync.OnceFunc(l.Unlock), nil
}
