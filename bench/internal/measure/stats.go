package measure

import "slices"

// Quantile returns the value below which the share q of the values lies.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// Median returns the value in the middle.
func Median(values []float64) float64 { return Quantile(values, 0.5) }

// newRow sums up what a lane measured, round by round, beside what the first lane of the race did.
func newRow(l Lane, values, allocs, first []float64) Row {
	ratios := make([]float64, 0, len(values))
	for i, v := range values {
		if first[i] > 0 {
			ratios = append(ratios, v/first[i])
		}
	}
	return Row{
		Name:   l.Name,
		Pinned: l.Pinned,
		Ours:   l.Ours,
		Median: Median(values),
		P10:    Quantile(values, 0.1),
		P90:    Quantile(values, 0.9),
		Allocs: Median(allocs),
		Ratio:  Median(ratios),
	}
}
