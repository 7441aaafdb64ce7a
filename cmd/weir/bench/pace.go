package bench

// pace is a schedule of things that happen at equal distances. It does not wait
// for anybody: what could not happen in its time is still counted from then, so
// that a server that stops for a while is seen to have kept everybody waiting.
type pace struct {
	began int64
	every float64 // nanoseconds
	taken int64
	lag   int64 // the longest time by which anything was late, in nanoseconds
}

// newPace returns the schedule of so many a second, beginning at 0.
func newPace(perSecond float64) *pace { return &pace{every: 1e9 / perSecond} }

// due returns when the next is to happen.
func (p *pace) due() int64 { return p.began + int64(float64(p.taken)*p.every) }

// take makes the next happen now, and returns when it was to.
func (p *pace) take(now int64) (due int64) {
	due = p.due()
	p.taken++
	p.lag = max(p.lag, now-due)
	return due
}

// behind returns how many should have happened by now and have not.
func (p *pace) behind(now int64) int64 {
	if now < p.began {
		return 0
	}
	return max(0, int64(float64(now-p.began)/p.every)+1-p.taken)
}
