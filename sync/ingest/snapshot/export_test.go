package snapshot

// For tests of the texts that are stored or come from Postgres.

func TIDText(text string) (string, error) {
	t, err := parseTID([]byte(text))
	return t.String(), err
}

// TIDOf reads an address as it comes with a row.
func TIDOf(b []byte) (string, error) {
	t, err := decodeTID(b)
	return t.String(), err
}

func NoteText(text string) (string, error) {
	n, err := parseNote(text)
	return n.String(), err
}

// Standby tells what the text of a standby's snapshot says of a transaction, and whether
// it says so of each.
func Standby(text string, xid uint32) (sees, exact bool, err error) {
	s, err := parseSeen(text)
	s.unlisted = true
	return s.sees(xid), s.exact(), err
}

// Sees tells what a snapshot's text says of a transaction.
func Sees(text string, xid uint32) (bool, error) {
	s, err := parseSeen(text)
	if err != nil {
		return false, err
	}
	return s.sees(xid), nil
}
