// Package queue has the containers by which values pass between goroutines and a loop's thread.
//
// # Use
//
// [Queue] is for programs: many producers, many consumers, limited or not, and it can be closed. A call on a
// caller's thread that waits in Put or Get is suspended, so both ends may even share one thread.
//
//	q := queue.NewQueue[Job](100)
//	err := q.Put(ctx, job)        // waits while there are 100
//	for job, err := range q.All(ctx) { … } // until q is closed and empty
//
// [NewChannel] gives the two ends of a Queue, a [Writer] and a [Reader], for sides that should have no more.
//
// [Func] gives a function an identity, under which caller.QueueCall has its calls run one after the other.
//
// [Mailbox] is what every loop receives its work in: many producers, one consumer. Programs meet it
// only through the loop; it is exported for those who write a driver of their own, and so is [Waiter].
//
// # Concurrency properties
//
//   - Values put by one goroutine are taken in the order in which it put them, in a Mailbox lane by lane.
//   - A value is either accepted, and then can be taken, also after Close, or refused with an error.
//   - Everything that happened before a Put happened before that value is taken.
//   - In a Queue those who wait are served in the order in which they came, and one who gives up hands the turn on.
//   - In a Mailbox one announced sleep gets one wake-up, however many values arrive.
//
// Nothing is promised about the order of values put by different goroutines, or between the lanes.
//
// # What is expected of you
//
// Of a Queue: close it when no more is to come, since consumers wait for that. Of a Mailbox: one consumer at a
// time; a producer that is told to wake the consumer has to do it: nobody else will.
//
// # Debugging
//
// Len tells how many values there are; of a Mailbox, how many accepted values have not been started.
//
// # Testing
//
// The waits of a Queue are durable in the sense of testing/synctest. A Mailbox never blocks and starts nothing, so
// it can be used in a bubble as it is.
package queue
