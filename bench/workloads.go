package main

// A workload is something to measure: one table.
type workload struct {
	name    string // what -run matches
	what    string // what one value is
	unit    string
	measure func(config) ([]Row, error)
}

func workloads() []workload {
	return []workload{
		{"post-1", "Post, 1 producer, drain included", "ns/post", posts(1)},
		{"post-4", "Post, 4 producers, drain included", "ns/post", posts(4)},
		{"post-8", "Post, 8 producers, drain included", "ns/post", posts(8)},
		{"do", "Do, one goroutine", "ns/call", dos(1)},
		{"do-8", "Do, 8 goroutines at once", "ns/call", dos(8)},
		{"do-hogs", "Do, one goroutine, beside processes that keep every core busy", "ns/call", besideProcesses(dos(1))},
		{"do-busy", "Do, one goroutine, beside goroutines that keep every core busy", "ns/call", besideGoroutines(dos(1))},

		{"1cpu/post-1", "Post, 1 producer, drain included, on one CPU", "ns/post", onOneCPU("post-1")},
		{"1cpu/post-4", "Post, 4 producers, drain included, on one CPU", "ns/post", onOneCPU("post-4")},
		{"1cpu/post-8", "Post, 8 producers, drain included, on one CPU", "ns/post", onOneCPU("post-8")},
		{"1cpu/do", "Do, one goroutine, on one CPU", "ns/call", onOneCPU("do")},
		{"1cpu/do-8", "Do, 8 goroutines at once, on one CPU", "ns/call", onOneCPU("do-8")},

		{"call", "Call and wait for the result, one goroutine", "ns/call", calls},
		{"never-waits", "Calls of one producer, drain included", "ns/call", neverWaits},
		{"queue-call", "Calls of one function with an argument, 1 producer, drain included", "ns/call", queueCalls},
		{"to-thread", "Round trip to a worker that is idle, one goroutine", "ns/call", toThread},
		{"group-100", "A group of 100 calls, made and waited for", "ns/group", groups},
		{"group-cancel", "Cancel a group and wait for its members", "ns/member", cancelGroups},
		{"as-completed", "Iterate over 10,000 Pendings as they end", "ns/item", completed},
		{"yield", "Two parties that take turns", "ns/switch", yields},
		{"suspended", "Calls that wait on one thread, 100,000 at once", "bytes each", suspended},
		{"arm", "Arm a timer, 100,000 at once", "ns each", armTimers},
		{"lateness", "Lateness of timers on an idle loop, 99th percentile", "µs", lateness},
		{"idle", "Processor time in 2 s of rest", "µs", idle},
		{"trace-post", "Post, 1 producer, drain included, and runtime/trace", "ns/post", traced(func() lane { return postLane(ourWay(), 1) })},
		{"trace-do", "Do, one goroutine, and runtime/trace", "ns/call", traced(func() lane { return doLane(ourWay(), 1) })},
	}
}
