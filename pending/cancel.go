package pending

import (
	"context"
	"errors"
)

var errNilError = errors.New("pending: SetError was given a nil error")

// SetCanceller makes cancelling a request: Cancel marks p as cancelled and calls fn with the message,
// and p is done when somebody sets an outcome. fn is called once for each Cancel, on the goroutine that
// cancels; a panic in it is logged. A canceller set when p is done, or one that a call on a caller's
// thread brings along itself, is not replaced.
func (p *core) SetCanceller(fn func(msg string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.has(flagDone) && p.scheduled == nil {
		p.canceller = fn
	}
}

// Cancel cancels p and reports whether p was not done. It is final at once where nothing runs yet that
// could be asked to end: p is done when Cancel returns. Otherwise it is a request: a running function's
// context ends, or the canceller is called, and p is done when the function returns, whose value is
// dropped. Once cancelled, p stays so. Messages of several calls are kept in order. Cancel may be
// called from anywhere and does not wait.
func (p *core) Cancel(msg string) bool { return p.cancel(msg, nil) }

// CancelCause is Cancel with what has led to it, which errors.Is finds in the outcome. The first cause stays.
func (p *core) CancelCause(msg string, cause error) bool { return p.cancel(msg, cause) }

func (p *core) cancel(msg string, cause error) bool {
	p.mu.Lock()
	if p.has(flagDone) {
		p.mu.Unlock()
		return false
	}
	reason := p.cancelledLocked(cause)
	switch {
	case reason.Message == "":
		reason.Message = msg
	case msg != "":
		reason.Message += "; " + msg
	}
	canceller := p.canceller
	if canceller == nil && (p.scheduled == nil || p.scheduled.withdraw()) {
		p.err = reason
		if p.finishLocked() {
			p.serve()
		}
		return true
	}
	p.mu.Unlock()
	if p.scheduled != nil {
		p.scheduled.interrupt()
	}
	if canceller != nil {
		p.guard("a canceller", func() { canceller(msg) })
	}
	return true
}

// CancelWait cancels p and waits until it is done. The error is that of the wait, nil once p is done.
func (p *core) CancelWait(ctx context.Context, msg string) error {
	p.Cancel(msg)
	return p.WaitDone(ctx)
}

// endCancelled makes p done as cancelled. As with finish, who waits has to be served.
func (p *core) endCancelled(cause error) (waited bool) {
	p.mu.Lock()
	if p.has(flagDone) {
		p.mu.Unlock()
		return false
	}
	return p.finishCancelledLocked(cause)
}

// cancelQueued cancels p if its call has not started.
func (p *core) cancelQueued(cause error) {
	p.mu.Lock()
	if p.has(flagDone) || !p.scheduled.withdraw() {
		p.mu.Unlock()
		return
	}
	if p.finishCancelledLocked(cause) {
		p.serve()
	}
}

func (p *core) finishCancelledLocked(cause error) (waited bool) {
	p.err = p.cancelledLocked(cause)
	return p.finishLocked()
}

// cancelledLocked marks p as cancelled. The first cause stays.
func (p *core) cancelledLocked(cause error) *CancelledError {
	if p.reason == nil {
		p.reason = new(CancelledError)
		p.flags.Store(p.flags.Load() | flagCancelled)
	}
	if cause != nil && p.reason.Cause == nil {
		p.reason.Cause = cause
	}
	return p.reason
}
