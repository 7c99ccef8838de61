// Package measure gives contenders turns, sums up what they took, and compares that with what is required.
package measure

import (
	"fmt"
	"io"
	"regexp"
)

// A Workload is something to measure: one table.
type Workload struct {
	Name    string // what -run matches
	What    string // what one value is
	Unit    string
	Measure func(Config) ([]Row, error)
}

// Tables measures the workloads whose names match. It writes each table as soon as it is there.
func Tables(w io.Writer, cfg Config, match *regexp.Regexp, workloads []Workload) ([]Table, error) {
	var tables []Table
	for _, wl := range workloads {
		if !match.MatchString(wl.Name) {
			continue
		}
		t := Table{Workload: wl.Name, What: wl.What, Unit: wl.Unit}
		var err error
		if t.Others, err = others(func() (err error) { t.Rows, err = wl.Measure(cfg); return err }); err != nil {
			return nil, fmt.Errorf("%s: %w", wl.Name, err)
		}
		t.write(w)
		tables = append(tables, t)
	}
	return tables, nil
}
