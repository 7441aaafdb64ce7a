package ingest

// What the tests of measures need.
var (
	Sum     = sum
	Overdue = overdue
)

// What the tests of errors need.
var (
	Unsendable = unsendable
	Classify   = classify
)

// Tally is the distribution of some values.
func Tally(bounds []int64, values ...int64) Distribution {
	t := newTally(bounds)
	for _, v := range values {
		t.observe(v)
	}
	return t.distribution()
}
