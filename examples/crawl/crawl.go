package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/pending"
)

type options struct {
	workers int
	fail    int
	list    bool
}

// file is what comes of hashing one.
type file struct {
	path   string
	bytes  int64
	hash   [sha256.Size]byte
	thread int // that it was hashed on
}

type totals struct {
	files   int
	bytes   int64
	threads map[int]bool
}

// crawl hashes the files below root. It makes its own goroutine a caller, on which everything but the hashing
// runs.
func crawl(ctx context.Context, root string, o options, r *reporter) (totals, error) {
	defer r.end()
	sum := totals{threads: make(map[int]bool)}
	err := caller.Run(ctx, func(ctx context.Context, c *caller.Caller) error {
		defer r.finish(ctx, c)
		paths, bytes, err := find(ctx, root)
		if err != nil {
			return err
		}
		r.begin(bytes)
		return c.PendingGroup(ctx, func(ctx context.Context, _ *group.PendingGroup) error {
			for done := range group.AsCompleted(ctx, hashes(ctx, c, paths, o), group.Limit(o.workers)) {
				f, err := done.Result()
				if err != nil {
					return err
				}
				sum.files++
				sum.bytes += f.bytes
				sum.threads[f.thread] = true
				r.report(ctx, c, f, o.list)
			}
			return ctx.Err()
		})
	}, caller.WithName("crawl"), caller.WithMaxIdleWorkers(o.workers))
	return sum, err
}

// found is what the walk comes across: a file, or at the end what has gone wrong.
type found struct {
	path  string
	bytes int64
	err   error
}

// find lists the regular files below root and adds up their sizes. The walk runs off the caller's thread, and may
// do one more step when ctx has ended: it shares nothing with the loop but what it yields.
func find(ctx context.Context, root string) (paths []string, bytes int64, err error) {
	walk := func(yield func(found) bool) {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			if !yield(found{path: path, bytes: info.Size()}) {
				return filepath.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(found{err: err})
		}
	}
	for f, err := range group.Generate(ctx, walk) {
		if err = cmp.Or(err, f.err); err != nil {
			return nil, 0, err
		}
		paths = append(paths, f.path)
		bytes += f.bytes
	}
	return paths, bytes, nil
}

// hashes hands over a file whenever it is asked for another.
func hashes(ctx context.Context, c *caller.Caller, paths []string, o options) iter.Seq[*pending.Pending[file]] {
	return func(yield func(*pending.Pending[file]) bool) {
		for i, path := range paths {
			if !yield(caller.ToThread(ctx, c, func(ctx context.Context) (file, error) {
				if i+1 == o.fail {
					return file{}, fmt.Errorf("%s: made to fail", path)
				}
				return hash(ctx, path)
			})) {
				return
			}
		}
	}
}

func hash(ctx context.Context, path string) (file, error) {
	f := file{path: path, thread: caller.Current(ctx).ThreadID()}
	in, err := os.Open(path)
	if err != nil {
		return f, err
	}
	defer in.Close()
	h := sha256.New()
	f.bytes, err = io.Copy(h, untilEnd{ctx, in})
	h.Sum(f.hash[:0])
	return f, err
}

// untilEnd reads no further once ctx has ended.
type untilEnd struct {
	ctx context.Context
	in  io.Reader
}

func (r untilEnd) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.in.Read(b)
}
