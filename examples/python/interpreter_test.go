package main

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

// newSub makes a sub-interpreter that is closed when the test ends.
func newSub(t *testing.T, code string) *Interpreter {
	sub, err := shared.Sub(ctx, t.Name())
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, sub.Close())
		require.Equal(t, caller.Stopped, sub.c.State())
	})
	_, err = sub.Exec(ctx, code).Wait(ctx)
	require.NoError(t, err)
	return sub
}

func TestConversion(t *testing.T) {
	type name string
	n := 5
	sub := newSub(t, "def same(*args): return args[0] if len(args) == 1 else args")
	for _, row := range []struct{ in, out any }{
		{nil, nil},
		{true, true},
		{false, false},
		{-7, int64(-7)},
		{uint8(200), int64(200)},
		{int64(math.MinInt64), int64(math.MinInt64)},
		{float32(0.5), 0.5},
		{math.Inf(1), math.Inf(1)},
		{"", ""},
		{"grün\x00🙂", "grün\x00🙂"},
		{name("n"), "n"},
		{[]byte{}, []byte{}},
		{[]byte{0, 255}, []byte{0, 255}},
		{[]int{1, 2}, []any{int64(1), int64(2)}},
		{[2]bool{true}, []any{true, false}},
		{[]any{nil, []any{"x"}}, []any{nil, []any{"x"}}},
		{map[string]any{"a": []string{"b"}}, map[string]any{"a": []any{"b"}}},
		{map[name]float64{"a": 1}, map[string]any{"a": 1.0}},
		{&n, int64(5)},
		{(*int)(nil), nil},
		{[]int(nil), []any{}},
	} {
		v, err := sub.Call(ctx, "same", row.in).Wait(ctx)
		require.NoError(t, err, row.in)
		require.Equal(t, row.out, v)
	}
	v, err := sub.Call(ctx, "same").Wait(ctx)
	require.NoError(t, err)
	require.Equal(t, []any{}, v, "a tuple")
}

func TestNoConversion(t *testing.T) {
	sub := newSub(t, "def same(x): return x\nendless = []; endless.append(endless)")
	var endless []any
	endless = append(endless, &endless)
	for _, arg := range []any{make(chan int), func() {}, struct{}{}, 1i, map[int]int{}, []any{1, t}, endless} {
		_, err := sub.Call(ctx, "same", arg).Wait(ctx)
		require.ErrorIs(t, err, ErrConversion)
		require.ErrorContains(t, err, "arguments of same")
	}
	for _, result := range []string{"1 << 63", "{1}", "object()", "{1: 2}", "[1, {'a': same}]", "endless"} {
		_, err := sub.Eval(ctx, result).Wait(ctx)
		require.ErrorIs(t, err, ErrConversion, result)
	}
	_, err := sub.Call(ctx, "same", "\xff").Wait(ctx)
	require.ErrorContains(t, err, "UnicodeDecodeError")
	_, err = sub.Eval(ctx, `"\udc80"`).Wait(ctx)
	require.ErrorContains(t, err, "UnicodeEncodeError")
}

// What is passed and returned is released again, also when there is an error.
func TestReferences(t *testing.T) {
	sub := newSub(t, `
import gc, sys
kept = object()
def echo(x): return x
def fail(x): raise ValueError(x)
`)
	blocks := func() int64 {
		v, err := sub.Eval(ctx, "(gc.collect(), sys.getallocatedblocks())[1]").Wait(ctx)
		require.NoError(t, err)
		return v.(int64)
	}
	use := func() {
		for range 300 {
			_, err := sub.Call(ctx, "echo", []any{"some text", 1 << 40, 2.5, map[string]any{"key": []byte("b")}}).Wait(ctx)
			require.NoError(t, err)
			for _, wrong := range []any{make(chan int), []any{"text", t}, map[string]any{"key": t}} {
				_, err = sub.Call(ctx, "echo", wrong).Wait(ctx)
				require.Error(t, err)
			}
			_, err = sub.Call(ctx, "fail", "some text").Wait(ctx)
			require.Error(t, err)
			_, err = sub.Eval(ctx, "[object()]").Wait(ctx)
			require.Error(t, err)
			_, err = sub.Exec(ctx, "import sys; sys.exit('text')").Wait(ctx)
			require.Error(t, err)
		}
	}
	use()
	before := blocks()
	use()
	require.InDelta(t, before, blocks(), 250, "one that is lost in each round would be 300")
}

func TestExceptions(t *testing.T) {
	sub := newSub(t, "class Mine(Exception): pass\ndef fail(): raise Mine('why')")
	for _, row := range []struct{ expression, kind, message string }{
		{"fail()", "Mine", "why"},
		{"unknown", "NameError", "name 'unknown' is not defined"},
		{"None + 1", "TypeError", "unsupported operand type(s) for +: 'NoneType' and 'int'"},
		{"1 +", "SyntaxError", "invalid syntax (<string>, line 1)"},
		{"", "SyntaxError", "invalid syntax (<string>, line 0)"},
	} {
		_, err := sub.Eval(ctx, row.expression).Wait(ctx)
		e, ok := errors.AsType[*PythonError](err)
		require.True(t, ok, err)
		require.Equal(t, row.kind+": "+row.message, e.Error())
		require.Equal(t, row.kind, e.Type)
		require.Contains(t, e.Traceback, row.kind)
	}
	_, err := sub.Call(ctx, "unknown", 1).Wait(ctx)
	require.EqualError(t, err, "NameError: name 'unknown' is not defined")
	_, err = sub.Exec(ctx, "x = 1\x00").Wait(ctx)
	require.ErrorIs(t, err, errNull)
	_, err = sub.Exec(ctx, "raise SystemExit(5)").Wait(ctx)
	require.Equal(t, &ExitError{Code: 5}, err)
	_, err = sub.RunFile(ctx, "missing.py").Wait(ctx)
	require.ErrorContains(t, err, "no such file")
	_, err = sub.Exec(ctx, "def f(): f()\nf()").Wait(ctx)
	require.ErrorContains(t, err, "RecursionError")
}

// State and thread-local data are an interpreter's own, and its calls all come on one thread.
func TestInterpretersAreApart(t *testing.T) {
	const module = "import threading\nlocal = threading.local()\ndef thread(): return threading.get_ident()"
	subs := []*Interpreter{newSub(t, module), newSub(t, module)}
	for i, sub := range subs {
		_, err := sub.Exec(ctx, "local.x = x = "+string('0'+rune(i))).Wait(ctx)
		require.NoError(t, err)
	}
	var wg sync.WaitGroup
	var threads sync.Map
	for i, sub := range subs {
		for range 50 {
			wg.Go(func() {
				v, err := sub.Eval(ctx, "[x, local.x]").Wait(ctx)
				assert.NoError(t, err)
				assert.Equal(t, []any{int64(i), int64(i)}, v)
				id, err := sub.Call(ctx, "thread").Wait(ctx)
				assert.NoError(t, err)
				threads.Store(id, i)
			})
		}
	}
	wg.Wait()
	count := 0
	threads.Range(func(any, any) bool { count++; return true })
	require.Equal(t, 2, count)
}

// Interrupting ends a running call, and never a later one.
func TestCancel(t *testing.T) {
	for name, in := range map[string]*Interpreter{"main": shared, "sub": newSub(t, "")} {
		t.Run(name, func(t *testing.T) {
			cancellable, cancel := context.WithCancel(ctx)
			defer cancel()
			p, err := endless(cancellable, in)
			require.NoError(t, err)
			queued := in.Exec(cancellable, "1/0")
			cancel()
			_, err = p.Wait(ctx, pending.Shield())
			require.ErrorIs(t, err, pending.ErrCancelled)
			e, ok := errors.AsType[*PythonError](err)
			require.True(t, ok, err)
			require.Equal(t, "KeyboardInterrupt", e.Type)
			require.Contains(t, e.Traceback, `File "<string>", line `)
			_, err = queued.Wait(ctx)
			require.ErrorIs(t, err, pending.ErrCancelled)
			require.NotErrorAs(t, err, &e)

			p, err = endless(ctx, in)
			require.NoError(t, err)
			require.True(t, p.Cancel("enough"))
			_, err = p.Wait(ctx)
			require.ErrorAs(t, err, &e)
			require.ErrorContains(t, err, "enough")

			for range 300 { // cancelled before, while and after it runs
				p := in.Call(ctx, "sum", []int{1, 2})
				go p.Cancel("")
				_, err := in.Eval(ctx, "sum(i for i in range(1000))").Wait(ctx)
				require.NoError(t, err)
				require.NoError(t, p.WaitDone(ctx))
			}
		})
	}
}

// A call on one caller that waits for another's is suspended.
func TestWaitSuspends(t *testing.T) {
	sub := newSub(t, "")
	c := newSub(t, "").c
	other := make(chan struct{})
	p := c.CallSoon(ctx, func(ctx context.Context) error {
		_, err := sub.Exec(ctx, "import time; time.sleep(.05)").Wait(ctx)
		close(other)
		return err
	})
	require.NoError(t, c.Do(ctx, func() {
		select {
		case <-other:
			assert.Fail(t, "the thread was held")
		default:
		}
	}))
	_, err := p.Wait(ctx)
	require.NoError(t, err)
}

func TestClose(t *testing.T) {
	sub, err := shared.Sub(ctx, "closed")
	require.NoError(t, err)
	busy, err := endless(ctx, sub)
	require.NoError(t, err)
	queued := sub.Exec(ctx, "pass")
	require.NoError(t, sub.Close())
	_, err = busy.Wait(ctx)
	require.ErrorIs(t, err, loop.ErrStopped)
	require.ErrorAs(t, err, new(*PythonError))
	_, err = queued.Wait(ctx)
	require.ErrorIs(t, err, loop.ErrStopped)
	_, err = sub.Eval(ctx, "1").Wait(ctx)
	require.ErrorIs(t, err, loop.ErrStopped)
	require.NoError(t, sub.Close(), "again")
}

func TestContextEnds(t *testing.T) {
	own, cancel := context.WithCancel(ctx)
	sub, err := shared.Sub(own, "short")
	require.NoError(t, err)
	cancel()
	require.NoError(t, sub.c.WaitStopped(ctx))
	require.Nil(t, sub.state)
	require.NoError(t, sub.task.Stopped().Err())
	_, err = shared.Sub(own, "none")
	require.ErrorIs(t, err, context.Canceled)
}

func TestSecondStart(t *testing.T) {
	_, err := Start(ctx)
	require.ErrorIs(t, err, ErrStarted)
	require.ErrorContains(t, err, "make other interpreters with Sub")
}
