// Package looptest is the conformance suite of package loop: what a program may rely on, whatever
// drives the loop. Every driver of package loop passes it, and so should an adapter to a toolkit.
//
// # Use
//
// An adapter says how a loop of its kind is made and driven, and runs the suite in a test:
//
//	func TestConformance(t *testing.T) {
//		looptest.Run(t, looptest.Driver{
//			New: func(t testing.TB, opts ...loop.Option) (*loop.Loop, func()) {
//				tk := mytoolkit.New()
//				l := loop.New(append(opts, loop.WithHost(tk))...)
//				return l, func() { _ = l.Run(context.Background()) }
//			},
//			Native: func(t testing.TB, l *loop.Loop, handler func()) { … },
//		})
//	}
//
// Pinned, Manual, Guest and Hosted are the drivers of package loop itself, the last two in toolkits made
// of channels. They serve as examples of a Driver, and tests of programs can use them, and Host, in place
// of a toolkit.
//
// # Concurrency properties
//
// Run runs its cases one after the other, so a toolkit that can live once in a process will do. Cases that
// need a second loop take a pinned one for it.
//
// # What is expected of a driver
//
// New may be called on any goroutine, and the loop it makes accepts work before it is driven. The drive
// function is called once, on a goroutine of its own, and returns when the loop has stopped; a toolkit that
// insists on some thread has it hand itself over to that thread and wait. The toolkit keeps no reference
// to the loop after that. Native, if there is one, has handler run on the loop's thread as an event of the toolkit's
// own, once; it is called from any goroutine while the loop is driven.
//
// # Testing in virtual time
//
// No case asserts anything about the clock on the wall, but for Idle/UsesNoProcessor, which bounds the processor time
// of a while; a time limit only guards against hanging. None waits for time in a busy loop either, so a driver that
// sleeps on channels can be tested in bubbles of testing/synctest as well. For that, run the Cases one by one, each in
// a bubble.
package looptest
