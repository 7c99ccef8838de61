package caller_test

import (
	"bytes"
	"context"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
)

// With a trace on, calls are regions under their caller's name.
func TestTraceHasRegionsUnderTheCallersName(t *testing.T) {
	realTime(t)
	if trace.IsEnabled() {
		t.Skip("a trace is being taken")
	}
	const named, other = "tracedCallerOne", "tracedCallerTwo"
	c, d := start(t, caller.WithName(named)), start(t, caller.WithName(other))
	require.NoError(t, d.Do(t.Context(), func() {})) // before the trace
	var out bytes.Buffer
	require.NoError(t, trace.Start(&out))
	for range 3 {
		require.NoError(t, c.CallSoon(t.Context(), sleep(1)).WaitDone(t.Context()))
		require.NoError(t, c.CallDirect(func() {}))
		require.NoError(t, c.Do(t.Context(), func() {}))
	}
	trace.Stop()
	require.Contains(t, out.String(), named)
	require.NotContains(t, out.String(), other, "it ran nothing meanwhile")
}

// Goroutine profiles carry the caller's name as a label, calls that are suspended included, and so do the
// goroutines that calls start.
func TestProfilesCarryTheCallersName(t *testing.T) {
	realTime(t)
	c := start(t, caller.WithName("profiledCaller"))
	gate := make(chan struct{})
	p := c.CallSoon(t.Context(), func(ctx context.Context) error {
		_, err := loop.Block(ctx, func(context.Context) (int, error) {
			<-gate
			return 0, nil
		})
		return err
	})
	require.NoError(t, c.Do(t.Context(), func() {}))
	require.Equal(t, 1, c.Stats().Suspended)
	var out bytes.Buffer
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&out, 1))
	labelled := 0
	for block := range strings.SplitSeq(out.String(), "\n\n") {
		if strings.Contains(block, `"caller":"profiledCaller"`) {
			labelled++
		}
	}
	require.GreaterOrEqual(t, labelled, 2, "%s", out.String())
	close(gate)
	require.NoError(t, p.WaitDone(t.Context()))
	// The label is not left on the goroutines of others.
	pprof.Do(t.Context(), pprof.Labels("mine", "yes"), func(ctx context.Context) {
		_ = caller.Run(ctx, func(context.Context, *caller.Caller) error { return nil }, caller.WithName("shortLived"))
		out.Reset()
		require.NoError(t, pprof.Lookup("goroutine").WriteTo(&out, 1))
		require.NotContains(t, out.String(), "shortLived")
		require.Contains(t, out.String(), `"mine":"yes"`)
	})
}

// CPU profiles carry it too: the labels of the goroutine that is sampled are those of the call's.
func TestCPUProfileCarriesTheCallersName(t *testing.T) {
	needThreads(t)
	realTime(t)
	c := start(t, caller.WithName("spinningCaller"))
	var out bytes.Buffer
	if err := pprof.StartCPUProfile(&out); err != nil {
		t.Skip("a profile is being taken:", err)
	}
	// Not a wall-clock assertion: until there is a sample in the profile there is nothing to look at.
	require.NoError(t, c.Do(t.Context(), func() { spin(300 * time.Millisecond) }))
	pprof.StopCPUProfile()
	text := gunzip(t, out.Bytes())
	if !strings.Contains(text, "caller_test.spin") {
		t.Skip("the profiler has taken no sample of it")
	}
	require.Contains(t, text, "spinningCaller")
}

//go:noinline
func spin(d time.Duration) {
	for began := time.Now(); time.Since(began) < d; {
		_ = began
	}
}

//go:noinline
func holdsTheThread(d time.Duration) { time.Sleep(d) }

// The watchdog names the caller and the culprit, once for each call that holds the thread, however many
// others wait.
func TestWatchdogNamesTheCulprit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log logLines
		c := start(t, log.option(), caller.WithName("sluggish"), caller.WithSlowCall(50*time.Millisecond))
		bystander := start(t, log.option())
		bystander.CallSoon(t.Context(), suspend)
		for range 5 {
			c.CallSoon(t.Context(), suspend)
		}
		p := c.CallSoon(t.Context(), func(ctx context.Context) error {
			if err := loop.Sleep(ctx, time.Minute); err != nil {
				return err
			}
			holdsTheThread(time.Second)
			return nil
		})
		require.NoError(t, p.WaitDone(t.Context()))
		synctest.Wait()
		line := log.one(t)
		require.Equal(t, "warn", line["level"])
		require.Equal(t, "sluggish", line["loop"])
		require.EqualValues(t, c.ThreadID(), line["thread"])
		require.Contains(t, line["stack"], "holdsTheThread")
		require.Contains(t, line["stack"], "TestWatchdogNamesTheCulprit")
		require.GreaterOrEqual(t, line["held"], 50.0)
		require.Less(t, line["held"], 150.0)
		require.EqualValues(t, 1, c.Stats().SlowCalls)
		require.Equal(t, time.Second, c.Stats().LongestCall)

		require.NoError(t, c.Do(t.Context(), func() { time.Sleep(time.Second) }))
		require.Len(t, log.lines(t), 2)
	})
}

// It is silent for calls that wait, for many short ones, below the limit, and where it is turned off.
func TestWatchdogIsSilent(t *testing.T) {
	tests := map[string]struct {
		limit time.Duration
		call  func(context.Context) error
		times int
	}{
		"a suspended call":      {100 * time.Millisecond, sleep(time.Hour), 1},
		"below the limit":       {100 * time.Millisecond, hold(99 * time.Millisecond), 1},
		"many below the limit":  {100 * time.Millisecond, hold(30 * time.Millisecond), 50},
		"turned off":            {0, hold(time.Hour), 1},
		"a call that yields":    {100 * time.Millisecond, yieldsAndHolds, 3},
		"a call that it blocks": {100 * time.Millisecond, blocks, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var log logLines
				c := start(t, log.option(), caller.WithSlowCall(tt.limit))
				for range tt.times {
					c.CallSoon(t.Context(), tt.call)
				}
				time.Sleep(3 * time.Hour)
				require.NoError(t, c.Close())
				require.Empty(t, log.lines(t))
			})
		})
	}
}

func yieldsAndHolds(ctx context.Context) error {
	for range 10 {
		time.Sleep(30 * time.Millisecond)
		if err := loop.Yield(ctx); err != nil {
			return err
		}
	}
	return nil
}

func blocks(ctx context.Context) error {
	_, err := loop.Block(ctx, func(context.Context) (int, error) {
		time.Sleep(time.Hour)
		return 0, nil
	})
	return err
}

// Stats of a caller are those of its loop.
func TestStats(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := start(t, caller.WithName("counted"))
		require.Equal(t, c.Loop().Stats(), c.Stats())
		require.Equal(t, "counted", c.Stats().Name)
		require.Equal(t, runtime.GOARCH == "wasm" || c.ThreadID() != osThread(), true)
	})
}
