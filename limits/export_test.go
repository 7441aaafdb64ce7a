package limits

// Remembered is how many clients take room.
func Remembered(r *Rates) (n int) {
	for i := range r.shards {
		n += len(r.shards[i].full)
	}
	return n
}
