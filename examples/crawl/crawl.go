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
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pinion-go/pinion/caller"
	"github.com/pinion-go/pinion/group"
	"github.com/pinion-go/pinion/loop"
	"github.com/pinion-go/pinion/pending"
)

type options struct {
	dir     string // to begin with; the Go source tree if there is none
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

// crawl hashes the files of a directory tree. It is a call on c, where everything but the hashing runs.
func crawl(ctx context.Context, c *caller.Caller, o options, r *reporter) error {
	root, err := loop.Block(ctx, func(ctx context.Context) (string, error) { return root(ctx, o.dir) })
	if err != nil {
		return err
	}
	paths, bytes, err := find(ctx, root)
	if err != nil {
		return err
	}
	if o.fail > len(paths) {
		return fmt.Errorf("-fail %d: there are only %d files", o.fail, len(paths))
	}
	r.begin(bytes)
	return c.PendingGroup(ctx, func(ctx context.Context, _ *group.PendingGroup) error {
		for done := range group.AsCompleted(ctx, hashes(ctx, c, paths, o), group.Limit(o.workers)) {
			f, err := done.Result()
			if err != nil {
				return err
			}
			if err := r.report(ctx, f, o.list); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
}

// root is the directory to begin with, with no symbolic link left, since a walk does not follow its root.
func root(ctx context.Context, dir string) (string, error) {
	if dir == "" {
		out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
		if err != nil {
			return "", fmt.Errorf("go env GOROOT: %w; name a directory", err)
		}
		dir = strings.TrimSpace(string(out))
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is not a directory", dir)
	}
	return dir, err
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
