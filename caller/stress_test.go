package caller_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/atomic"
	"go.uber.org/goleak"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/pending"
	"github.com/pinion-go/pinion/queue"
)

var (
	stressFor  = flag.Duration("stress", 0, "how long TestStress goes on; a second or so unless set")
	stressSeed = flag.Uint64("stress.seed", 0, "what TestStress begins with; by the clock unless set")
)

// stressHangs is how long TestStress lets pass without any progress.
const stressHangs = 30 * time.Second

// TestStress mixes everything that there is, on callers of each kind, which are stopped in the middle and
// replaced. Every accepted call has to end exactly once, in the place where it belongs, nothing may be left,
// and the sums have to be right. A seed makes the same choices again, though not the same races:
//
//	go test -race -run TestStress ./caller -stress 10m -stress.seed 42
func TestStress(t *testing.T) {
	realTime(t)
	d, seed := *stressFor, *stressSeed
	if d == 0 {
		d = 1500 * time.Millisecond
		if testing.Short() {
			d = time.Second
		}
		if runtime.GOARCH == "wasm" {
			d = 300 * time.Millisecond
		}
	}
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	deadline := time.Now().Add(d)
	rounds := uint64(0)
	for ; rounds == 0 || time.Now().Before(deadline); rounds++ {
		if !stressRound(t, seed+rounds) {
			t.Fatalf("with -stress.seed %d", seed+rounds)
		}
	}
	t.Logf("%d rounds from -stress.seed %d", rounds, seed)
}

// stress is one round.
type stress struct {
	callers [4]atomic.Pointer[caller.Caller]
	drivers sync.WaitGroup // of callers without a thread of their own
	over    chan struct{}

	progress  atomic.Int64
	posters   atomic.Int64
	direct    [2]atomic.Int64 // CallDirect: accepted, ran
	plain     [2]atomic.Int64 // functions of Resolve and the like: begun, returned
	wrong     trail[string]
	mu        sync.Mutex
	live      map[*ticket]pending.Handle
	turns     map[pending.Handle]*turns
	dropped   []dropped
	recent    [16]atomic.Pointer[pending.Pending[int]]
	tickets   int
	shared    *queue.Func[item]
	semaphore *group.Semaphore
	taken     atomic.Int64
	mutex     group.Mutex
	guarded   int
	withs     atomic.Int64
	event     group.Event
	values    *queue.Queue[int]
	put, got  atomic.Int64
}

func stressRound(t *testing.T, seed uint64) bool {
	leaks := goleak.IgnoreCurrent()
	s := &stress{
		over: make(chan struct{}), live: make(map[*ticket]pending.Handle), turns: make(map[pending.Handle]*turns),
		semaphore: group.NewBoundedSemaphore(permits), values: queue.NewQueue[int](4),
	}
	s.shared = queue.NewFunc(s.turn)
	stopWatch := s.watch(seed)
	rnd := rand.New(rand.NewPCG(seed, 99))
	for i := range s.callers {
		s.callers[i].Store(s.start(rnd))
	}
	var wg sync.WaitGroup
	for worker := range uint64(4) {
		wg.Go(func() {
			a := s.actor(rand.New(rand.NewPCG(seed, worker)))
			for range 100 {
				a.act(context.Background())
			}
		})
	}
	wg.Go(func() { s.replace(rnd) })
	wg.Wait()
	s.collectDropped()
	for i := range s.callers {
		s.end(s.callers[i].Load())
	}
	for _, c := range caller.All(false) { // replaced ones that are not over yet
		s.end(c)
	}
	close(s.over)
	s.drivers.Wait()
	s.settle()
	stopWatch()
	if err := goleak.Find(leaks, ignored); err != nil {
		s.wrong.add(err.Error())
	}
	for _, what := range s.wrong.all() {
		t.Error(what)
	}
	return !t.Failed()
}

// settle checks what has to be true when all is over.
func (s *stress) settle() {
	for t, p := range s.alive() {
		if t.on != nil && !p.IsDone() {
			s.wrongf("left: %v", p)
		}
		_ = p.WaitDone(context.Background())
	}
	for _, c := range caller.All(false) {
		s.wrongf("a caller is left: %v", c)
	}
	if accepted, ran := s.direct[0].Load(), s.direct[1].Load(); ran > accepted {
		s.wrongf("%d direct calls ran of %d", ran, accepted)
	}
	for s.plain[0].Load() != s.plain[1].Load() { // those that were cancelled may still be returning
		time.Sleep(time.Millisecond)
	}
	s.settleShared()
}

// watch ends the process when nothing makes progress, and shows what there is.
func (s *stress) watch(seed uint64) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		last, since := s.progress.Load(), time.Now()
		ticker := time.NewTicker(stressHangs / 100)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if now := s.progress.Load(); now != last {
				last, since = now, time.Now()
			} else if time.Since(since) > stressHangs {
				s.dump()
				panic(fmt.Sprintf("no progress for %v with -stress.seed %d", stressHangs, seed))
			}
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

func (s *stress) dump() {
	buf := make([]byte, 16<<20)
	fmt.Fprintf(os.Stderr, "%s\n", buf[:runtime.Stack(buf, true)])
	for _, c := range caller.All(false) {
		fmt.Fprintf(os.Stderr, "%v %+v\n", c, c.Stats())
	}
	for t, p := range s.alive() {
		fmt.Fprintf(os.Stderr, "%v, begun %d, left %v, done %v\n", p, t.begun.Load(), t.left.Load(), p.IsDone())
	}
	fmt.Fprintf(os.Stderr, "wrong so far: %q\n", s.wrong.all())
}

func (s *stress) wrongf(format string, args ...any) { s.wrong.add(fmt.Sprintf(format, args...)) }
