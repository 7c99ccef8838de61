package measure

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// Report is what -json writes.
type Report struct {
	Go, OS, Arch, CPU string
	CPUs              int
	Rounds            int
	Short             bool
	Tables            []Table
	Requirements      []Verdict
}

// A Table is one workload measured.
type Table struct {
	Workload, What, Unit string
	Others               float64 // share of the CPUs that other processes took meanwhile; negative where it is not known
	Rows                 []Row
}

// A Row is one contender in it.
type Row struct {
	Name, Pinned     string
	Ours             bool // Pinion, or what this table compares Pinion with instead of a rival
	Median, P10, P90 float64
	Allocs           float64 // per operation
	Ratio            float64 // median of the per-round ratios to the first row
}

// NewReport makes a report of nothing yet.
func NewReport(cfg Config) Report {
	return Report{
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, CPU: cpuModel(), CPUs: runtime.NumCPU(),
		Rounds: cfg.Rounds, Short: cfg.Short,
	}
}

// WriteHead says where and how much is measured.
func (r Report) WriteHead(w io.Writer) {
	fmt.Fprintf(w, "%s, %s/%s, %d CPUs %s, %d rounds\n", r.Go, r.OS, r.Arch, r.CPUs, r.CPU, r.Rounds)
	if r.Short {
		fmt.Fprintln(w, "\nA short run: it shows that everything works. Its figures mean nothing.")
	}
}

func (t Table) write(w io.Writer) {
	fmt.Fprintf(w, "\n### %s: %s\n\n", t.Workload, t.What)
	if t.Others >= 0 {
		fmt.Fprintf(w, "Other processes took %.0f %% of the CPUs meanwhile.\n\n", 100*t.Others)
	}
	fmt.Fprintf(w, "| name | pinned? | median, %s | p10–p90 | allocs/op | ratio to %s |\n", t.Unit, t.Rows[0].Name)
	fmt.Fprintln(w, "|---|---|---:|---:|---:|---:|")
	for _, r := range t.Rows {
		fmt.Fprintf(w, "| %s | %s | %s | %s–%s | %s | %s |\n",
			r.Name, r.Pinned, number(r.Median), number(r.P10), number(r.P90), number(r.Allocs), number(r.Ratio))
	}
}

// WriteVerdicts writes the table of what is required.
func WriteVerdicts(w io.Writer, verdicts []Verdict) {
	fmt.Fprint(w, "\n### Requirements\n\n| workload | requirement | target | measured | met? |\n|---|---|---:|---:|---|\n")
	for _, v := range verdicts {
		met := "no"
		if v.Met {
			met = "yes"
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", v.Workload, v.Requirement, v.Target, v.Measured, met)
	}
}

// others has measure run and returns the share of the CPUs that other processes took meanwhile.
func others(measure func() error) (float64, error) {
	start := time.Now()
	before, known := othersTime()
	err := measure()
	after, _ := othersTime()
	if !known {
		return -1, err
	}
	return max(0, float64(after-before)/float64(time.Since(start))/float64(runtime.NumCPU())), err
}

// number prints three digits that matter, and what rounds to nothing as nothing.
func number(v float64) string {
	switch {
	case v < 0.005:
		return "0"
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}

// cpuModel is for the head of a report; where it cannot be had there is one word less in it.
func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(info)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
