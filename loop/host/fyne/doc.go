// Package fynehost lets callers live in a Fyne app, as guests: Fyne keeps the main thread, and calls run there
// between its events. The package's name differs from the last element of its path, so that it does not clash
// with that of Fyne.
//
//	app.SetMetadata(fyne.AppMetadata{ID: "org.example.app", Migrations: map[string]bool{"fyneDo": true}})
//	a := app.New()
//	guest, err := fynehost.Guest(a)
//	c, err := caller.New(ctx, caller.WithGuest(guest))
//	a.NewWindow("example").ShowAndRun()
//	err = fynehost.Stop(ctx, c)
//
// The migration is necessary. Calls run on the main thread but on goroutines of their own, and without it Fyne takes
// a widget's methods there for misuse, and waits for the main goroutine, for ever. The tag migrated_fynedo does as
// well as the metadata. For the same reason a call must not use fyne.DoAndWait; it is where that would lead to.
//
// What is handed over before the app runs starts once it does. Once it has quit nothing runs any more, until [Stop]
// ends the caller on the main goroutine. The hook of Lifecycle().SetOnStopped is no place for that: Fyne calls it
// on another goroutine, or not at all.
//
// Fyne 2.7.1 itself fails to quit now and then, with callers or without: its last event may find its queue closed, and
// Run panics or never returns. Programs that have to end for sure set themselves a time limit.
//
// The package is for Fyne's desktop drivers. With the mobile one, make the caller in the hook of
// Lifecycle().SetOnStarted. Fyne's test driver runs nothing on a thread of its own, so calls never start there.
package fynehost
