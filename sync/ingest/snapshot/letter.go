package snapshot

import "encoding/json"

// letter is the message that stands for a copied row which cannot become an event. It
// has no place in the order of events, as the copied row would have had none.
type letter struct {
	Table    string `json:"table"`
	Key      string `json:"key,omitempty"`
	Snapshot bool   `json:"snapshot"`
	Error    string `json:"error"`
}

// bad leaves the row out that is being added, if that is wanted, and has the chunk tell
// of it. key is nil if that is what is wrong.
func (e *encoder) bad(c *chunk, key []byte, why error) error {
	if err := e.o.BadRow(e.table.Name(), key, why); err != nil {
		return err
	}
	text, err := json.Marshal(letter{Table: e.table.Name(), Key: string(key), Snapshot: true, Error: why.Error()})
	if err != nil {
		return err
	}
	c.letters, c.dead = append(append(c.letters, text...), ','), e.o.DeadLetters
	c.rows++
	c.bytes += len(text) + 1
	return nil
}

// giveLetters adds the letters of a chunk to what their stream gets next, unless it has
// the chunk. The stream is nobody's copy: it is told of neither begin nor end, and its
// note keeps the last chunk of each table that had a letter.
func (j job) giveLetters(c *chunk, number int64, buf []byte, text string) ([]byte, string, error) {
	n, err := parseNote(text)
	if err != nil {
		return buf, text, err
	}
	if last, ok := n.last(j.table, j.epoch); ok && last >= number {
		return buf, text, nil
	}
	return append(buf, c.letters...), n.with(entry{j.table, j.epoch, number}).String(), nil
}
