package main

import "github.com/pinion-go/pinion/bench/internal/measure"

// linear is how much more one of ten times as many may take: for caches, not for a square, which would be 10.
const linear = 2

func requirements() []measure.Requirement {
	all := []measure.Requirement{
		measure.AtMost("do", "round trip", 1500, "ns", first),
		allocations("do", "allocations", 0, allocs),
		measure.AtLeast("do", "times ahead of the best pinned rival", 10, "×", ahead(true)),
		measure.AtLeast("do", "times ahead of the best rival, pinned or not", 10, "×", ahead(false)),
		measure.AtLeast("do-8", "times ahead of the best pinned rival", 3, "×", ahead(true)),
		measure.AtLeast("do-8", "times ahead of the best rival, pinned or not", 3, "×", ahead(false)),
		measure.AtMost("call", "CallSoon and Wait, beside Do", 1.3, "×", func(t measure.Table) float64 { return t.Row("CallSoon and Wait").Ratio }),
		allocations("call", "allocations of CallSoon and Wait", 3, func(t measure.Table) float64 { return t.Row("CallSoon and Wait").Allocs }),
		measure.AtMost("queue-call", "call", 60, "ns", first),
		allocations("queue-call", "allocations", 0, allocs),
		measure.AtLeast("queue-call", "times ahead of the unbuffered channel", 1, "×", measure.Over("chan, unbuffered", "QueueCall")),
		measure.AtLeast("queue-call", "times ahead of CallSoon", 1, "×", measure.Over("CallSoon", "QueueCall")),
		measure.AtLeast("to-thread", "times ahead of a new pinned goroutine", 5, "×", measure.Over("a new pinned goroutine", "ToThread and Wait")),
		measure.AtMost("to-thread", "beside the best channel into a pinned goroutine", 1.5, "×", behind(true)),
		measure.AtLeast("group-100", "times ahead of the best errgroup", 1, "×", ahead(true)),
		measure.AtMost("group-cancel", "10,000 queued calls", 10, "ms", inAll("10,000 queued calls")),
		measure.AtMost("group-cancel", "10,000 queued calls, each beside one of 1,000", linear, "×", measure.Over("10,000 queued calls", "1,000 queued calls")),
		measure.AtMost("group-cancel", "10,000 suspended calls", 10, "ms", inAll("10,000 suspended calls")),
		measure.AtMost("group-cancel", "10,000 suspended calls, each beside one of 1,000", linear, "×", measure.Over("10,000 suspended calls", "1,000 suspended calls")),
		measure.AtMost("as-completed", "item, whichever way", 500, "ns", slowest),
		measure.AtMost("yield", "switch", 250, "ns", first),
		allocations("yield", "allocations", 0, allocs),
		measure.AtMost("suspended", "memory of a suspended call", 4096, "bytes", first),
		measure.AtMost("arm", "arming a timer", 200, "ns", first),
		measure.AtMost("lateness", "99th percentile", 2000, "µs", first),
		measure.AtMost("idle", "processor time in 2 s beyond that of a process without a caller", 200, "µs",
			func(t measure.Table) float64 { return max(0, t.Row("idle caller").Median-t.Rows[0].Median) }),
	}
	for _, w := range []string{"post-1", "post-4", "post-8", "1cpu/post-1", "1cpu/post-4", "1cpu/post-8"} {
		all = append(all,
			measure.AtMost(w, "post", 40, "ns", first),
			allocations(w, "allocations", 0, allocs),
			measure.AtLeast(w, "times ahead of the best rival, pinned or not", 1, "×", ahead(false)))
	}
	for _, w := range []string{"do-hogs", "do-busy", "1cpu/do"} {
		all = append(all,
			measure.AtMost(w, "beside the best pinned rival", 1.1, "×", behind(true)),
			measure.AtMost(w, "beside the best rival, pinned or not", 1.1, "×", behind(false)))
	}
	return all
}

// allocations requires at most so many. What is more by a fraction is the runtime's own: after a garbage collection
// it makes some of its free lists anew, a handful of objects in the hundreds of operations of a turn.
func allocations(workload, what string, target float64, count func(measure.Table) float64) measure.Requirement {
	r := measure.AtMost(workload, what, target, "", count)
	r.Stray = 0.05
	return r
}

func first(t measure.Table) float64  { return t.Rows[0].Median }
func allocs(t measure.Table) float64 { return t.Rows[0].Allocs }

// inAll returns the milliseconds that 10,000 of a row take.
func inAll(name string) func(measure.Table) float64 {
	return func(t measure.Table) float64 { return t.Row(name).Median * 10_000 / 1e6 }
}

func slowest(t measure.Table) (most float64) {
	for _, r := range t.Rows {
		most = max(most, r.Median)
	}
	return most
}

// ahead returns how many times longer the best rival takes.
func ahead(pinnedOnly bool) func(measure.Table) float64 {
	return func(t measure.Table) float64 {
		best := 0.0
		for _, r := range t.Rows {
			if !r.Ours && (r.Pinned == "yes" || !pinnedOnly) && (best == 0 || r.Ratio < best) {
				best = r.Ratio
			}
		}
		return best
	}
}

// behind returns how many times longer Pinion takes than the best rival.
func behind(pinnedOnly bool) func(measure.Table) float64 {
	return func(t measure.Table) float64 { return 1 / ahead(pinnedOnly)(t) }
}
