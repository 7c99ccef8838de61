package main

import "github.com/pinion-go/pinion/bench/internal/measure"

func workloads() []measure.Workload {
	return []measure.Workload{
		{Name: "post-1", What: "Post, 1 producer, drain included", Unit: "ns/post", Measure: posts(1)},
		{Name: "post-4", What: "Post, 4 producers, drain included", Unit: "ns/post", Measure: posts(4)},
		{Name: "post-8", What: "Post, 8 producers, drain included", Unit: "ns/post", Measure: posts(8)},
		{Name: "do", What: "Do, one goroutine", Unit: "ns/call", Measure: dos(1)},
		{Name: "do-8", What: "Do, 8 goroutines at once", Unit: "ns/call", Measure: dos(8)},
		{Name: "do-hogs", What: "Do, one goroutine, beside processes that keep every core busy", Unit: "ns/call", Measure: besideProcesses(dos(1))},
		{Name: "do-busy", What: "Do, one goroutine, beside goroutines that keep every core busy", Unit: "ns/call", Measure: besideGoroutines(dos(1))},

		{Name: "1cpu/post-1", What: "Post, 1 producer, drain included, on one CPU", Unit: "ns/post", Measure: onOneCPU("post-1")},
		{Name: "1cpu/post-4", What: "Post, 4 producers, drain included, on one CPU", Unit: "ns/post", Measure: onOneCPU("post-4")},
		{Name: "1cpu/post-8", What: "Post, 8 producers, drain included, on one CPU", Unit: "ns/post", Measure: onOneCPU("post-8")},
		{Name: "1cpu/do", What: "Do, one goroutine, on one CPU", Unit: "ns/call", Measure: onOneCPU("do")},
		{Name: "1cpu/do-8", What: "Do, 8 goroutines at once, on one CPU", Unit: "ns/call", Measure: onOneCPU("do-8")},

		{Name: "call", What: "Call and wait for the result, one goroutine", Unit: "ns/call", Measure: calls},
		{Name: "never-waits", What: "Calls of one producer, drain included", Unit: "ns/call", Measure: neverWaits},
		{Name: "queue-call", What: "Calls of one function with an argument, 1 producer, drain included", Unit: "ns/call", Measure: queueCalls},
		{Name: "to-thread", What: "Round trip to a worker that is idle, one goroutine", Unit: "ns/call", Measure: toThread},
		{Name: "group-100", What: "A group of 100 calls, made and waited for", Unit: "ns/group", Measure: groups},
		{Name: "group-cancel", What: "Cancel a group and wait for its members", Unit: "ns/member", Measure: cancelGroups},
		{Name: "as-completed", What: "Iterate over 10,000 Pendings as they end", Unit: "ns/item", Measure: completed},
		{Name: "yield", What: "Two parties that take turns", Unit: "ns/switch", Measure: yields},
		{Name: "suspended", What: "Calls that wait on one thread, 100,000 at once", Unit: "bytes each", Measure: suspended},
		{Name: "arm", What: "Arm a timer, 100,000 at once", Unit: "ns each", Measure: armTimers},
		{Name: "lateness", What: "Lateness of timers on an idle loop, 99th percentile", Unit: "µs", Measure: lateness},
		{Name: "idle", What: "Processor time in 2 s of rest", Unit: "µs", Measure: idle},
		{Name: "trace-post", What: "Post, 1 producer, drain included, and runtime/trace", Unit: "ns/post", Measure: traced(func() measure.Lane { return postLane(ourWay(), 1) })},
		{Name: "trace-do", What: "Do, one goroutine, and runtime/trace", Unit: "ns/call", Measure: traced(func() measure.Lane { return doLane(ourWay(), 1) })},
	}
}
