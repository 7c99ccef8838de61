package main

// A Verdict is a requirement beside what was measured.
type Verdict struct {
	Workload, Requirement, Target, Measured string
	Met                                     bool
}

// A requirement is a figure that a table must show.
type requirement struct {
	workload string
	what     string
	target   float64
	unit     string
	atLeast  bool // or at most
	measure  func(Table) float64
	stray    float64 // how much more is not the contender's
}

// runtimes is the runtime's own share in the allocations of an operation: after a garbage collection
// it makes some of its free lists anew, a handful of objects in the hundreds of operations of a turn.
const runtimes = 0.05

// linear is how much more one of ten times as many may take: for caches, not for a square, which would be 10.
const linear = 2

func requirements() []requirement {
	all := []requirement{
		{"do", "round trip", 1500, "ns", false, first, 0},
		{"do", "allocations", 0, "", false, allocs, runtimes},
		{"do", "times ahead of the best pinned rival", 10, "×", true, ahead(true), 0},
		{"do", "times ahead of the best rival, pinned or not", 10, "×", true, ahead(false), 0},
		{"do-8", "times ahead of the best pinned rival", 3, "×", true, ahead(true), 0},
		{"do-8", "times ahead of the best rival, pinned or not", 3, "×", true, ahead(false), 0},
		{"call", "CallSoon and Wait, beside Do", 1.3, "×", false, func(t Table) float64 { return t.row("CallSoon and Wait").Ratio }, 0},
		{"call", "allocations of CallSoon and Wait", 3, "", false, func(t Table) float64 { return t.row("CallSoon and Wait").Allocs }, runtimes},
		{"queue-call", "call", 60, "ns", false, first, 0},
		{"queue-call", "allocations", 0, "", false, allocs, runtimes},
		{"queue-call", "times ahead of the unbuffered channel", 1, "×", true, over("chan, unbuffered", "QueueCall"), 0},
		{"queue-call", "times ahead of CallSoon", 1, "×", true, over("CallSoon", "QueueCall"), 0},
		{"to-thread", "times ahead of a new pinned goroutine", 5, "×", true, over("a new pinned goroutine", "ToThread and Wait"), 0},
		{"to-thread", "beside the best channel into a pinned goroutine", 1.5, "×", false, behind(true), 0},
		{"group-100", "times ahead of the best errgroup", 1, "×", true, ahead(true), 0},
		{"group-cancel", "10,000 queued calls", 10, "ms", false, inAll("10,000 queued calls"), 0},
		{"group-cancel", "10,000 queued calls, each beside one of 1,000", linear, "×", false, over("10,000 queued calls", "1,000 queued calls"), 0},
		{"group-cancel", "10,000 suspended calls", 10, "ms", false, inAll("10,000 suspended calls"), 0},
		{"group-cancel", "10,000 suspended calls, each beside one of 1,000", linear, "×", false, over("10,000 suspended calls", "1,000 suspended calls"), 0},
		{"as-completed", "item, whichever way", 500, "ns", false, slowest, 0},
		{"yield", "switch", 250, "ns", false, first, 0},
		{"yield", "allocations", 0, "", false, allocs, runtimes},
		{"suspended", "memory of a suspended call", 4096, "bytes", false, first, 0},
		{"arm", "arming a timer", 200, "ns", false, first, 0},
		{"lateness", "99th percentile", 2000, "µs", false, first, 0},
		{"idle", "processor time beyond that of a process without a caller", 1000, "µs", false,
			func(t Table) float64 { return max(0, t.row("idle caller").Median-t.Rows[0].Median) }, 0},
	}
	for _, w := range []string{"post-1", "post-4", "post-8", "1cpu/post-1", "1cpu/post-4", "1cpu/post-8"} {
		all = append(all,
			requirement{w, "post", 40, "ns", false, first, 0},
			requirement{w, "allocations", 0, "", false, allocs, runtimes},
			requirement{w, "times ahead of the best rival, pinned or not", 1, "×", true, ahead(false), 0})
	}
	for _, w := range []string{"do-hogs", "do-busy", "1cpu/do"} {
		all = append(all,
			requirement{w, "beside the best pinned rival", 1.1, "×", false, behind(true), 0},
			requirement{w, "beside the best rival, pinned or not", 1.1, "×", false, behind(false), 0})
	}
	return all
}

// judge compares the tables with what is required of them. Requirements of workloads that were not
// run are left out. In the order of the workloads.
func judge(tables []Table) []Verdict {
	var verdicts []Verdict
	for _, t := range tables {
		for _, r := range requirements() {
			if r.workload != t.Workload {
				continue
			}
			got := r.measure(t)
			v := Verdict{Workload: t.Workload, Requirement: r.what, Measured: number(got) + " " + r.unit}
			if r.atLeast {
				v.Target, v.Met = "at least "+number(r.target)+" "+r.unit, got >= r.target
			} else {
				v.Target, v.Met = "at most "+number(r.target)+" "+r.unit, got <= r.target+r.stray
			}
			verdicts = append(verdicts, v)
		}
	}
	return verdicts
}

func first(t Table) float64  { return t.Rows[0].Median }
func allocs(t Table) float64 { return t.Rows[0].Allocs }

// over returns how many times longer one row takes than another.
func over(name, other string) func(Table) float64 {
	return func(t Table) float64 { return t.row(name).Ratio / t.row(other).Ratio }
}

// inAll returns the milliseconds that 10,000 of a row take.
func inAll(name string) func(Table) float64 {
	return func(t Table) float64 { return t.row(name).Median * 10_000 / 1e6 }
}

func slowest(t Table) (most float64) {
	for _, r := range t.Rows {
		most = max(most, r.Median)
	}
	return most
}

func (t Table) row(name string) Row {
	for _, r := range t.Rows {
		if r.Name == name {
			return r
		}
	}
	panic("pinion bench: no row " + name)
}

// ahead returns how many times longer the best rival takes.
func ahead(pinnedOnly bool) func(Table) float64 {
	return func(t Table) float64 {
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
func behind(pinnedOnly bool) func(Table) float64 {
	return func(t Table) float64 { return 1 / ahead(pinnedOnly)(t) }
}
