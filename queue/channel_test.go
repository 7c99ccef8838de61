package queue_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/queue"
)

// CH-01: the ends are (writer, reader) of one unlimited queue.
func TestChannel_CH01_Ends(t *testing.T) {
	w, r := queue.NewChannel[int](0)
	for i := range 1000 {
		require.NoError(t, w.Write(t.Context(), i))
	}
	require.Equal(t, 1000, w.Len())
	require.Equal(t, 1000, r.Len())
	values, err := r.Read(t.Context(), 1000)
	require.NoError(t, err)
	for i, v := range values {
		require.Equal(t, i, v)
	}
	w, _ = queue.NewChannel[int](1)
	require.NoError(t, w.Write(t.Context(), 1))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, w.Write(ended, 2), context.Canceled)
}

// CH-02, CH-10: a read waits until it has what it was asked for, the channel is closed, or its time is up.
func TestChannel_CH02_Read(t *testing.T) {
	for name, n := range map[string]int{"zero is all": 0, "negative is all": -3, "three": 3} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, r := queue.NewChannel[int](0)
				write(t, w, 1, 2)
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				values, err := r.Read(ctx, n)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, []int{1, 2}, values)
				require.Equal(t, time.Second, time.Since(start))

				values, err = r.TryRead(n)
				require.ErrorIs(t, err, queue.ErrEmpty)
				require.Empty(t, values)
				write(t, w, 3, 4)
				values, err = r.TryRead(n)
				require.NoError(t, err)
				require.Equal(t, []int{3, 4}, values)

				write(t, w, 5)
				go func() {
					time.Sleep(time.Second)
					write(t, w, 6)
					w.Close()
				}()
				values, err = r.Read(t.Context(), n)
				require.NoError(t, err)
				require.Equal(t, []int{5, 6}, values)
				values, err = r.Read(t.Context(), n)
				require.ErrorIs(t, err, io.EOF)
				require.Empty(t, values)
			})
		})
	}
}

// CH-05: what is left can be read, then the channel is at its end for ever.
func TestChannel_CH05_Close(t *testing.T) {
	w, r := queue.NewChannel[int](0)
	write(t, w, 1, 2, 3)
	require.False(t, w.Closed())
	w.Close()
	w.Close()
	require.True(t, w.Closed())
	require.True(t, r.Closed())
	require.ErrorIs(t, w.Write(t.Context(), 4), queue.ErrReadOnly)
	require.ErrorIs(t, w.Write(t.Context(), 4), queue.ErrClosed)
	values, err := r.TryRead(2)
	require.NoError(t, err)
	require.Equal(t, []int{1, 2}, values)
	for v, err := range r.All(t.Context()) {
		require.NoError(t, err)
		require.Equal(t, 3, v)
	}
	for range 2 {
		_, err = r.TryRead(1)
		require.ErrorIs(t, err, io.EOF)
		_, err = r.Read(t.Context(), 1)
		require.ErrorIs(t, err, io.EOF)
	}
}

// CH-07: what is written can be transformed.
func TestChannel_CH07_OnWrite(t *testing.T) {
	w, r := queue.NewChannel[int](0)
	require.Nil(t, w.OnWrite(func(v int) int { return v + 1 }))
	write(t, w, 5)
	previous := w.OnWrite(nil)
	require.Equal(t, 3, previous(2))
	write(t, w, 5)
	require.Nil(t, w.OnWrite(nil))
	values, err := r.TryRead(0)
	require.NoError(t, err)
	require.Equal(t, []int{6, 5}, values)
}

// CH-08: a read can be refused before it takes anything, and its result be replaced.
func TestChannel_CH08_BeforeAndAfterRead(t *testing.T) {
	w, r := queue.NewChannel[int](0)
	write(t, w, 1, 2, 3)
	refused := errors.New("refused")
	var asked []int
	require.Nil(t, r.BeforeRead(func(n int) error {
		asked = append(asked, n)
		return refused
	}))
	require.Nil(t, r.AfterRead(func(values []int) []int { return append(values, 7) }))
	_, err := r.Read(t.Context(), 2)
	require.ErrorIs(t, err, refused)
	require.Equal(t, 3, r.Len())
	require.NotNil(t, r.BeforeRead(nil))
	values, err := r.Read(t.Context(), 2)
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 7}, values)
	require.NotNil(t, r.AfterRead(nil))
	values, err = r.TryRead(0)
	require.NoError(t, err)
	require.Equal(t, []int{3}, values)
	require.Equal(t, []int{2}, asked)
}

func write(t *testing.T, w queue.Writer[int], values ...int) {
	for _, v := range values {
		if err := w.Write(context.Background(), v); err != nil {
			t.Error(err)
		}
	}
}
