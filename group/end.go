package group

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// cancelAll cancels each of them even if a callback of one calls runtime.Goexit.
func cancelAll(members []pending.Handle, msg string, cause error) {
	n := 0
	defer func() {
		if n < len(members) {
			cancelAll(members[n:], msg, cause)
		}
	}()
	for n < len(members) {
		p := members[n]
		n++
		cancelOne(p, msg, cause)
	}
}

// cancelOne tells p the cause if there is one and p can be told.
func cancelOne(p pending.Handle, msg string, cause error) {
	c, ok := p.(interface{ CancelCause(string, error) bool })
	if !ok || cause == nil {
		p.Cancel(msg)
	} else {
		c.CancelCause(msg, cause)
	}
}

// endAll cancels all of them, and waits until they are done or the time is up.
func endAll(ctx context.Context, all []pending.Handle, timeout time.Duration) {
	if len(all) == 0 {
		return
	}
	defer func() {
		var left pending.Manager
		for _, p := range all {
			left.Add(p)
		}
		_ = awaitCancelled(ctx, &left, timeout)
	}()
	cancelAll(all, iterationEnded, nil)
}

// trackAll tells the trackers of ctx of calls that have been kept from them. What is done has perhaps been dealt with.
func trackAll(ctx context.Context, all []pending.Handle) {
	for _, t := range pending.Trackers(ctx) {
		for _, p := range all {
			if !p.IsDone() {
				t.Track(p)
			}
		}
	}
}

// awaitCancelled waits for what has been cancelled, also when ctx has ended. If the time is up before, it says what
// goes on.
func awaitCancelled(ctx context.Context, cancelled *pending.Manager, timeout time.Duration) error {
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	err := cancelled.Wait(grace)
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	left := zerolog.Arr()
	for _, p := range cancelled.Pending() {
		left.Str(p.String())
	}
	logger(ctx).Warn().Array("calls", left).Dur("waited", timeout).Msg("calls go on although they have been cancelled")
	return nil
}

// logger is where warnings go that concern ctx.
func logger(ctx context.Context) *zerolog.Logger {
	if l := loop.Current(ctx); l != nil {
		return l.Logger()
	}
	log := loop.DefaultLogger()
	return &log
}
