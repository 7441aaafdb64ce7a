package earlier

// Member returns the value of a column as it stands in an event's value, JSON that
// aliases the event. An event that has no such column gives false.
func Member(event []byte, column string) ([]byte, bool) {
	value := member(event, "value")
	found := member(value, column)
	return found, found != nil
}

// member returns the last member of a name, nil for none and for what is no object.
func member(d []byte, name string) []byte {
	var found []byte
	from := skipSpace(d, 0)
	if from >= len(d) || d[from] != '{' {
		return nil
	}
	end := members(d, from, func(n, value []byte) {
		if says(n, name) {
			found = value
		}
	})
	if end < 0 {
		return nil
	}
	return found
}
