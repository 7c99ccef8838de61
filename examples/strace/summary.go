//go:build linux && (amd64 || arm64)

package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// summary counts calls that have returned.
type summary map[string]*count

type count struct{ calls, errors int }

func (s summary) enter(*call) {}

func (s summary) leave(c *call) {
	if !c.returned {
		return
	}
	n := s[c.name]
	if n == nil {
		n = &count{}
		s[c.name] = n
	}
	n.calls++
	if c.errno() != 0 {
		n.errors++
	}
}

func (s summary) event(int, string) {}

// write prints the table, the most frequent call first.
func (s summary) write(w io.Writer) {
	names := slices.SortedFunc(maps.Keys(s), func(a, b string) int {
		return cmp.Or(cmp.Compare(s[b].calls, s[a].calls), cmp.Compare(a, b))
	})
	rule := strings.Repeat("-", 9) + " " + strings.Repeat("-", 9) + " " + strings.Repeat("-", 16) + "\n"
	var total count
	fmt.Fprintf(w, "%9s %9s %s\n%s", "calls", "errors", "syscall", rule)
	for _, name := range names {
		n := *s[name]
		n.row(w, name)
		total.calls += n.calls
		total.errors += n.errors
	}
	io.WriteString(w, rule)
	total.row(w, "total")
}

func (n count) row(w io.Writer, name string) {
	errors := ""
	if n.errors > 0 {
		errors = strconv.Itoa(n.errors)
	}
	fmt.Fprintf(w, "%9d %9s %s\n", n.calls, errors, name)
}
