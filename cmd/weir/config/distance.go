package config

// distance is the least number of bytes to insert, delete or replace to turn a
// into b (Levenshtein). Time grows with the product of the lengths, so callers
// bound them.
func distance(a, b string) int {
	// row[j] is the distance between the part of a seen so far and b[:j].
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
