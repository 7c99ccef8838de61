// Package group deals with many results to come at once: [Run] gives a scope that no call outlives, [Wait],
// [AsCompleted], [Resolve] and [Collect] take in the results, and the rest of the package is what calls that
// work together need of each other.
//
// # Use
//
//	err := group.Run(ctx, func(ctx context.Context, g *group.PendingGroup) error {
//		for _, name := range names {
//			caller.ToThread(ctx, c, func(ctx context.Context) (None, error) { return fetch(ctx, name) })
//		}
//		return nil
//	})
//
// Run returns when all of them are done. If one fails, the others are cancelled and Run returns its error; if
// ctx ends, all are cancelled. Whatever is called under the context of the group belongs to it, also what the
// calls call in turn, on any caller.
//
// # Concurrency properties
//
//   - What waits here suspends its call when it is called on a caller's thread, and blocks its goroutine
//     elsewhere; nothing needs a caller.
//   - The methods of a PendingGroup may be called from any goroutine. An iterator belongs to the goroutine
//     that ranges over it.
//   - What a member has done happened before Run returns.
//   - A Semaphore and a Mutex serve those who wait in the order in which they came. In what order Lock does is up to
//     the lock and to the scheduler of goroutines.
//
// # What is expected of your functions
//
// A call that is cancelled finds its context ended and should return. Run waits for those that do not, for
// 10 s, and then leaves them running with a warning.
//
// # Debugging
//
// String and Pending of a group. The causes of the contexts of a group and of its calls (context.Cause) say
// why they have ended.
//
// # Testing
//
// Time is virtual in a testing/synctest bubble.
package group
