// Package queue has the containers by which values pass between goroutines and a loop's thread.
//
// # Use
//
// [Mailbox] is what every loop receives its work in: many producers, one consumer. Programs meet it
// only through the loop; it is exported for those who write a driver of their own.
//
// # Concurrency properties
//
//   - Values put by one goroutine are taken in the order in which it put them, lane by lane.
//   - A value is either accepted, and then can be taken, also after Close, or refused with an error.
//   - Everything that happened before a Put happened before that value is taken.
//   - One announced sleep gets one wake-up, however many values arrive.
//
// Nothing is promised about the order of values put by different goroutines, or between the lanes.
//
// # What is expected of you
//
// One consumer at a time. A producer that is told to wake the consumer has to do it: nobody else will.
//
// # Debugging
//
// Len tells how many accepted values have not been started.
//
// # Testing
//
// A Mailbox never blocks and starts nothing, so it can be used in a testing/synctest bubble as it is.
package queue
