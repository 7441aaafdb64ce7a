package snapshot

// For tests of the texts that are stored or come from Postgres.

func TIDText(text string) (string, error) {
	t, err := parseTID(text)
	return t.String(), err
}

func NoteText(text string) (string, error) {
	n, err := parseNote(text)
	return n.String(), err
}

// Sees tells what a snapshot's text says of a transaction.
func Sees(text string, xid uint32) (bool, error) {
	s, err := parseSeen(text)
	if err != nil {
		return false, err
	}
	return s.sees(xid), nil
}
