package main

import "github.com/pinion-go/pinion/bench/internal/measure"

// requirements compares each of our ways with the toolkit's own, and in a flood with the others as well.
func requirements(t toolkit, ways []way) []measure.Requirement {
	var all []measure.Requirement
	for _, w := range ways {
		if !w.ours {
			continue
		}
		all = append(all, measure.AtMost(t.name+"/latency", w.name+", beside "+t.own, 1.2, "×", measure.Over(w.name, t.own)))
		for _, other := range ways {
			if !other.ours {
				all = append(all, measure.AtLeast(t.name+"/flood", w.name+", times ahead of "+other.name, 1, "×", measure.Over(other.name, w.name)))
			}
		}
	}
	return all
}
