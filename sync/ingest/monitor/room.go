package monitor

// shortOf is the part of what a slot may keep that has to be left for work which can
// wait.
const shortOf = 5

// Short tells whether the slot has less than a fifth left of the log that it may keep.
// A slot without a bound never has.
func (r Reading) Short() bool {
	if r.Slot == nil || r.Slot.SafeBytes == nil || r.KeepBytes <= 0 {
		return false
	}
	return *r.Slot.SafeBytes < r.KeepBytes/shortOf
}
