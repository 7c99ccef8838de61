package loop

import (
	"runtime"
	"sync"
	"time"

	"go.uber.org/atomic"
)

// pace decides for both ends of a round trip, the goroutine that waits for a call and the loop that
// waits for the next, whether they poll for each other before they sleep. With a core to spare that
// makes the trip many times faster; without one it makes it slower, and one end that polls alone
// wastes its time. So it is one decision, taken by trying: a short run of trips is timed with both
// ends asleep, another with both polling, and the loop keeps to the faster. Polls that end in nothing
// switch polling off, and so do trips that have become slower than sleeping was; each failed trial
// doubles the number of trips until the next.
type pace struct {
	limit time.Duration // how long one poll may take; 0: never poll

	polling atomic.Bool
	taken   atomic.Bool  // somebody polls for the end of a call: one at a time
	misses  atomic.Int32 // polls in a row that ended in nothing
	trips   atomic.Int32 // until a trip is timed

	mu       sync.Mutex
	trial    phase
	left     int           // trips of the trial's phase
	sum      time.Duration // of the trips timed in it
	asleep   time.Duration // a trip with both ends asleep, when it was timed last
	awake    time.Duration // a trip with both polling, a moving average
	patience int32         // trips between failed trials
}

type phase int

const (
	noTrial phase = iota
	timeAsleep
	warmUp
	timeAwake
)

const (
	trialTrips  = 12      // timed each way
	warmUpTrips = 3       // until both ends have fallen in
	firstTrial  = 32      // trips before the first trial
	maxPatience = 4096    // trips between trials, at most
	sampled     = 16      // while polling, one trip in so many is timed
	maxMisses   = 3       // polls in vain that end polling
	looks       = 64      // between two readings of the clock
	maxLooks    = 1 << 18 // in all, since in a testing/synctest bubble the clock stands still meanwhile
	fallIn      = 6       // times the limit, for a poll that follows one in vain
)

// Trip is one wait of a goroutine for a call on a loop.
type Trip struct {
	loop  *Loop // nil when it is not timed
	since int64
}

// Expect is told that the calling goroutine is about to wait until w is done, which a call on the
// loop's thread will bring about. It may poll for that for a moment, when it has proved worthwhile.
// End the Trip when the wait is over. It is a seam for packages that build waits on Parker.
func (l *Loop) Expect(w interface{ IsDone() bool }) Trip {
	p := &l.pace
	if p.limit <= 0 {
		return Trip{}
	}
	var t Trip
	if p.trips.Dec() <= 0 {
		t = Trip{l, l.now()}
	}
	if p.polling.Load() && p.taken.CompareAndSwap(false, true) {
		p.poll(w.IsDone)
		p.taken.Store(false)
	}
	return t
}

// End says that the wait is over.
func (t Trip) End() {
	if t.loop != nil {
		t.loop.pace.timed(time.Duration(t.loop.now() - t.since))
	}
}

// poll looks for done until the limit, and ends polling when that has been in vain too often. After a poll
// in vain the other end may have fallen asleep, and has to be waited for until it is up: otherwise both
// miss each other in turn, for ever.
func (p *pace) poll(done func() bool) bool {
	start, limit := time.Now(), p.limit
	if p.misses.Load() != 0 {
		limit *= fallIn
	}
	for n := 1; n < maxLooks; n++ {
		if done() {
			if p.misses.Load() != 0 {
				p.misses.Store(0)
			}
			return true
		}
		if n%looks == 0 && time.Since(start) > limit {
			break
		}
	}
	if p.misses.Inc() >= maxMisses {
		p.mu.Lock()
		if p.polling.Load() {
			p.giveUp()
		}
		p.mu.Unlock()
	}
	return false
}

// timed takes in how long a trip took.
func (p *pace) timed(took time.Duration) {
	if !p.mu.TryLock() {
		return
	}
	defer p.mu.Unlock()
	switch p.trial {
	case noTrial:
		p.sample(took)
	case timeAsleep:
		if p.sum, p.left = p.sum+took, p.left-1; p.left == 0 {
			p.asleep = p.sum / trialTrips
			p.trial, p.left, p.sum = warmUp, warmUpTrips, 0
			p.misses.Store(-warmUpTrips)
			p.polling.Store(true)
		}
	case warmUp:
		if p.left--; p.left == 0 {
			p.trial, p.left = timeAwake, trialTrips
		}
	case timeAwake:
		if p.sum, p.left = p.sum+took, p.left-1; p.left > 0 {
			return
		}
		if p.awake = p.sum / trialTrips; p.awake >= p.asleep {
			p.giveUp()
			return
		}
		p.trial, p.patience = noTrial, 0
		p.trips.Store(sampled)
	}
}

// sample is timed outside of a trial: it watches over polling, or begins the next trial.
func (p *pace) sample(took time.Duration) {
	switch {
	case p.polling.Load():
		// A single outlier, such as a garbage collection, must not decide.
		if p.awake += (min(took, 4*p.asleep) - p.awake) / 8; p.awake >= p.asleep {
			p.giveUp()
			return
		}
		p.trips.Store(sampled)
	case p.patience == 0:
		p.patience = firstTrial
		p.trips.Store(p.patience)
	case runtime.GOMAXPROCS(0) == 1:
		p.trips.Store(maxPatience)
	default:
		p.trial, p.left, p.sum = timeAsleep, trialTrips, 0
	}
}

// giveUp goes back to sleeping, for longer than the last time. The caller holds mu.
func (p *pace) giveUp() {
	p.polling.Store(false)
	p.misses.Store(0)
	p.trial = noTrial
	p.patience = min(max(2*p.patience, firstTrial), maxPatience)
	p.trips.Store(p.patience)
}

// expectsMore is the loop's end: before it sleeps, it looks for another moment whether something
// arrives.
func (l *Loop) expectsMore() bool {
	p := &l.pace
	return p.polling.Load() && p.poll(l.mailbox.NonEmpty)
}
