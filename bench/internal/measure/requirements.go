package measure

// A Requirement is a figure that a table must show. AtMost and AtLeast make one.
type Requirement struct {
	Workload string
	What     string
	Target   float64
	Unit     string
	Least    bool // the target is the least, not the most
	Measure  func(Table) float64
	Stray    float64 // how much more is not the contender's
}

// AtMost requires that measure is not above target.
func AtMost(workload, what string, target float64, unit string, measure func(Table) float64) Requirement {
	return Requirement{Workload: workload, What: what, Target: target, Unit: unit, Measure: measure}
}

// AtLeast requires that measure is not below target.
func AtLeast(workload, what string, target float64, unit string, measure func(Table) float64) Requirement {
	return Requirement{Workload: workload, What: what, Target: target, Unit: unit, Measure: measure, Least: true}
}

// A Verdict is a requirement beside what was measured.
type Verdict struct {
	Workload, Requirement, Target, Measured string
	Met                                     bool
}

// Judge compares the tables with what is required of them. Requirements of workloads that were not
// run are left out. In the order of the workloads.
func Judge(tables []Table, requirements []Requirement) []Verdict {
	var verdicts []Verdict
	for _, t := range tables {
		for _, r := range requirements {
			if r.Workload != t.Workload {
				continue
			}
			got := r.Measure(t)
			v := Verdict{Workload: t.Workload, Requirement: r.What, Measured: number(got) + " " + r.Unit}
			if r.Least {
				v.Target, v.Met = "at least "+number(r.Target)+" "+r.Unit, got >= r.Target
			} else {
				v.Target, v.Met = "at most "+number(r.Target)+" "+r.Unit, got <= r.Target+r.Stray
			}
			verdicts = append(verdicts, v)
		}
	}
	return verdicts
}

// Over returns how many times longer one row takes than another.
func Over(name, other string) func(Table) float64 {
	return func(t Table) float64 { return t.Row(name).Ratio / t.Row(other).Ratio }
}

// Row returns the row of that name, of which there has to be one.
func (t Table) Row(name string) Row {
	for _, r := range t.Rows {
		if r.Name == name {
			return r
		}
	}
	panic("pinion bench: no row " + name)
}
