package fynehost_test

import (
	"context"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	fynehost "github.com/pinion-go/pinion/loop/host/fyne"
	"github.com/pinion-go/pinion/loop/looptest"
)

func guest(t testing.TB) func(func()) {
	t.Helper()
	run, err := fynehost.Guest(fyne.CurrentApp())
	require.NoError(t, err)
	return run
}

// The app runs already, so it is kept from the loops until they are to be driven.
func TestGuestConformance(t *testing.T) {
	looptest.Run(t, looptest.Driver{
		New: func(t testing.TB, opts ...loop.Option) (*loop.Loop, func()) {
			run, driven := guest(t), make(chan struct{})
			l := loop.New(append(opts, loop.WithGuest(func(turn func()) {
				select {
				case <-driven:
					run(turn)
				default:
					go func() {
						<-driven
						run(turn)
					}()
				}
			}))...)
			return l, func() {
				close(driven)
				<-l.Done()
			}
		},
		Native: func(_ testing.TB, _ *loop.Loop, handler func()) { fyne.Do(handler) },
	})
}

// A window is made by a call, its button is tapped by Fyne's, and a call that has waited updates its label, all on
// the app's thread; beside another guest (H-12).
func TestWindow(t *testing.T) {
	ctx := t.Context()
	c, err := caller.New(ctx, caller.WithGuest(guest(t)), caller.WithSlowCall(0))
	require.NoError(t, err)
	other, err := caller.New(ctx, caller.WithGuest(guest(t)), caller.WithSlowCall(0))
	require.NoError(t, err)
	thread := 0
	fyne.DoAndWait(func() { thread = loop.OSThreadID() })
	ticking := other.CallSoon(ctx, func(ctx context.Context) error {
		for {
			if err := loop.Sleep(ctx, time.Millisecond); err != nil {
				return err
			}
		}
	})
	p := c.CallSoon(ctx, func(ctx context.Context) error {
		w := fyne.CurrentApp().NewWindow("test")
		defer w.Close()
		label, answers := widget.NewLabel(""), make(chan string, 1)
		w.SetContent(label)
		w.Show()
		fyne.Do(func() {
			c.CallSoon(context.Background(), func(ctx context.Context) error {
				err := loop.Sleep(ctx, 50*time.Millisecond)
				answers <- "asked for and come"
				return err
			})
		})
		answer, _, err := loop.Receive(ctx, answers)
		label.SetText(answer)
		assert.Equal(t, "asked for and come", label.Text)
		assert.Equal(t, thread, loop.OSThreadID())
		assert.NotZero(t, w.Canvas().Size().Width)
		return err
	})
	_, err = p.Wait(ctx)
	require.NoError(t, err)
	require.False(t, ticking.IsDone())
	require.NoError(t, c.Close())
	require.NoError(t, other.Close())
	require.ErrorIs(t, ticking.Err(), loop.ErrStopped)
}

// Fyne draws frames, and animates, while calls never cease.
func TestFramesGoOnInAFlood(t *testing.T) {
	ctx := t.Context()
	c, err := caller.New(ctx, caller.WithGuest(guest(t)), caller.WithSlowCall(0))
	require.NoError(t, err)
	over := false // on the app's thread, as what follows
	var again func()
	again = func() {
		time.Sleep(time.Millisecond)
		if !over {
			assert.NoError(t, c.CallDirect(again))
		}
	}
	p := c.CallSoon(ctx, func(ctx context.Context) error {
		for range 20 {
			again()
		}
		frames := make(chan float32, 1000)
		animation := fyne.NewAnimation(time.Hour, func(done float32) {
			select {
			case frames <- done:
			default:
			}
		})
		animation.Start()
		defer animation.Stop()
		for range 20 {
			if _, _, err := loop.Receive(ctx, frames); err != nil {
				return err
			}
		}
		over = true
		return nil
	})
	_, err = p.Wait(ctx)
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

// The function returns at once on the app's own goroutine, too.
func TestGuestDoesNotRunInline(t *testing.T) {
	run := guest(t)
	ran := make(chan struct{})
	fyne.DoAndWait(func() {
		run(func() { close(ran) })
		select {
		case <-ran:
			t.Error("ran inside")
		default:
		}
	})
	<-ran
}

func TestMisuse(t *testing.T) {
	_, err := fynehost.Guest(nil)
	require.ErrorIs(t, err, fynehost.ErrNoApp)
	_, err = fynehost.Guest(unmigrated{fyne.CurrentApp()})
	require.ErrorIs(t, err, fynehost.ErrNotMigrated)
	require.ErrorIs(t, fynehost.Stop(t.Context(), nil), caller.ErrNoCaller)
	c, err := caller.New(t.Context(), caller.WithGuest(guest(t)))
	require.NoError(t, err)
	held, free := make(chan struct{}), make(chan struct{})
	c.CallSoon(t.Context(), func(context.Context) error {
		close(held)
		<-free
		return nil
	})
	<-held
	require.ErrorIs(t, fynehost.Stop(t.Context(), c), loop.ErrInUse, "not the main goroutine")
	close(free)
	require.NoError(t, c.WaitStopped(t.Context()))
}

type unmigrated struct{ fyne.App }

func (unmigrated) Metadata() fyne.AppMetadata { return fyne.AppMetadata{} }
