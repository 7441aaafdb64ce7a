package oracle

import (
	"fmt"
	"strconv"
	"strings"
)

// record is one line of test_decoding. Exactly one member is set.
type record struct {
	begin, commit uint32 // xid, which is never 0
	change        *Change
}

// parse reads one record:
//
//	BEGIN 529
//	COMMIT 529
//	table public.a: INSERT: id[integer]:1 note[text]:'it''s'
//	table public.a: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:2 note[text]:null
//	table public.a: DELETE: id[integer]:2
//	table public.a, public.b: TRUNCATE: restart_seqs cascade
//	message: transactional: 1 prefix: p, sz: 2 content:hi
func parse(text string) (record, error) {
	s := &scanner{rest: text}
	r, err := s.record()
	if err != nil {
		return record{}, fmt.Errorf("read %.300q of test_decoding: %w", text, err)
	}
	return r, nil
}

func (s *scanner) record() (record, error) {
	switch {
	case s.skip("BEGIN "):
		xid, err := s.xid()
		return record{begin: xid}, err
	case s.skip("COMMIT "):
		xid, err := s.xid()
		return record{commit: xid}, err
	case s.skip("table "):
		c, err := s.change()
		return record{change: c}, err
	case s.skip("message: transactional: "):
		c, err := s.message()
		return record{change: c}, err
	}
	return record{}, s.expected("a record")
}

func (s *scanner) xid() (uint32, error) {
	n, err := strconv.ParseUint(s.rest, 10, 32)
	if err != nil || n == 0 {
		return 0, s.expected("a transaction id")
	}
	return uint32(n), nil
}

func (s *scanner) change() (*Change, error) {
	c := &Change{}
	for {
		table, err := s.table()
		if err != nil {
			return nil, err
		}
		c.Tables = append(c.Tables, table)
		if !s.skip(", ") {
			break
		}
	}
	switch {
	case s.skip(": TRUNCATE: "):
		c.Kind = Truncate
		return c, nil // the flags change sequences and nothing in the table
	case len(c.Tables) > 1:
		return nil, s.expected("a truncate of several tables")
	}
	return c, s.rows(c)
}

func (s *scanner) rows(c *Change) (err error) {
	switch {
	case s.skip(": INSERT:"):
		c.Kind = Insert
	case s.skip(": DELETE:"):
		c.Kind = Delete
		c.Old, err = s.row()
		return err
	case s.skip(": UPDATE:"):
		c.Kind = Update
	default:
		return s.expected("an operation")
	}
	if c.Kind == Update && s.skip(" old-key:") {
		if c.Old, err = s.row(); err != nil {
			return err
		}
		if !s.skip(" new-tuple:") {
			return s.expected("a new tuple")
		}
	}
	c.New, err = s.row()
	if err == nil && s.rest != "" {
		return s.expected("the end")
	}
	return err
}

// message reads what follows "transactional: ". The prefix may hold anything, so
// its end is where the size fits what is left.
func (s *scanner) message() (*Change, error) {
	if !s.skip("0 prefix: ") && !s.skip("1 prefix: ") {
		return nil, s.expected("a prefix")
	}
	const sizeMark, contentMark = ", sz: ", " content:"
	for at := 0; ; at++ {
		next := strings.Index(s.rest[at:], sizeMark)
		if next < 0 {
			return nil, s.expected("a size that fits the content")
		}
		at += next
		digits, content, found := strings.Cut(s.rest[at+len(sizeMark):], contentMark)
		size, err := strconv.Atoi(digits)
		if found && err == nil && size == len(content) {
			return &Change{Kind: Message, Prefix: s.rest[:at], Content: content}, nil
		}
	}
}
