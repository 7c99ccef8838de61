package pending_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// P-24: the glyph is the state.
func TestStringShowsTheState(t *testing.T) {
	states := map[string]func(*pending.Pending[int]){
		"🏃": func(*pending.Pending[int]) {},
		"✋": func(p *pending.Pending[int]) { p.SetCanceller(func(string) {}); p.Cancel("") },
		"✓": func(p *pending.Pending[int]) { p.SetResult(1) },
		"✗": func(p *pending.Pending[int]) { p.SetError(errBoom) },
		"⛔": func(p *pending.Pending[int]) { p.Cancel("") },
	}
	for glyph, bring := range states {
		t.Run("P-24/"+glyph, func(t *testing.T) {
			p := pending.New[int](never)
			bring(p)
			require.Regexp(t, regexp.MustCompile(`^Pending `+glyph+` #\d+$`), p.String())
		})
	}
}

// P-24, T-11: the number is one's own and stays the same.
func TestStringNumber(t *testing.T) {
	number := func(p pending.Handle) string {
		return regexp.MustCompile(`#\d+`).FindString(p.String())
	}
	seen := map[string]bool{}
	for range 100 {
		p := pending.New[int](never)
		n := number(p)
		require.NotEmpty(t, n)
		require.False(t, seen[n], "%s twice", n)
		seen[n] = true
		p.SetResult(1)
		require.Equal(t, n, number(p))
	}
}

// P-24
func TestStringShowsMetadata(t *testing.T) {
	p := pending.New[int](never,
		pending.WithMetadata("zeal", 1),
		pending.WithMetadata("long", strings.Repeat("äb", 100)),
		pending.WithMetadata("fits", strings.Repeat("é", 40)),
		pending.WithMetadata("nothing", nil))
	_, metadata, _ := strings.Cut(p.String(), " fits=")
	require.Equal(t, strings.Repeat("é", 40)+" long="+strings.Repeat("äb", 19)+"ä… nothing=<nil> zeal=1", metadata)
	p.SetResult(1)
}

// P-24: a call shows its function and its loop, and nothing that the function has been given.
func TestStringOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret := "do not show"
		l := running(t, loop.WithName("window"))
		g := newGate()
		fn := func(ctx context.Context) (string, error) { return secret, g.WaitDone(ctx) }
		pattern := func(glyph, where string) *regexp.Regexp {
			return regexp.MustCompile(`^Pending ` + glyph + ` #\d+ \S*pending_test\.TestStringOfACall\S*` + where + ` k=v$`)
		}
		p := pending.Submit(never, l, 0, fn, pending.WithMetadata("k", "v"))
		require.Regexp(t, pattern("🏃", ` on "window"`), p.String())
		synctest.Wait()
		open(g)
		synctest.Wait()
		require.Regexp(t, pattern("✓", ` on "window"`), p.String(), "also when the function has been let go")
		require.NotContains(t, p.String(), secret)

		q := pending.Go(never, fn)
		synctest.Wait()
		require.Regexp(t, regexp.MustCompile(`^Pending ✓ #\d+ \S*pending_test\.TestStringOfACall\S*$`), q.String())
	})
}

// One may be printed at any time.
func TestStringWhileItChanges(t *testing.T) {
	n := rounds(2000)
	ps := make([]*pending.Pending[int], n)
	for i := range ps {
		ps[i] = pending.New[int](never, pending.WithMetadata("i", i))
	}
	lockstep(n,
		func(i int) { ps[i].SetError(errBoom) },
		func(i int) { check(t, strings.HasPrefix(ps[i].String(), "Pending "), "the text") },
		func(i int) { ps[i].Cancel("") })
}
