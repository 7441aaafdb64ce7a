package pgoutput

import "fmt"

// Decoder decodes the messages of one replication session, in their order. The
// zero value is ready. It is not safe for concurrent use.
type Decoder struct {
	held      map[uint32]held // by oid of the table
	heldBytes int             // of all raw announcements in held

	// One message of each kind, filled again and again.
	begin    Begin
	commit   Commit
	origin   Origin
	typ      Type
	insert   Insert
	update   Update
	delete   Delete
	truncate Truncate
	logical  Logical

	// Rows of insert, update and delete, as wide as the widest table so far.
	oldRow, newRow Tuple
}

// Decode reads one message. The result and the buffer are tied together as the
// package comment says. After an error nothing of the message counts; messages
// after it can still be decoded, but the caller has lost a part of the stream.
func (d *Decoder) Decode(message []byte) (Message, error) {
	if len(message) == 0 {
		return nil, fmt.Errorf("decode message: no bytes: %w", ErrMalformed)
	}
	m, err := d.decode(message)
	if err != nil {
		return nil, fmt.Errorf("decode %s message: %w", kindName(message[0]), err)
	}
	return m, nil
}

func (d *Decoder) decode(message []byte) (Message, error) {
	r := newReader(message)
	switch message[0] {
	case 'I':
		return &d.insert, d.readInsert(&r)
	case 'U':
		return &d.update, d.readUpdate(&r)
	case 'D':
		return &d.delete, d.readDelete(&r)
	case 'B':
		d.begin = Begin{CommitLSN: r.lsn("commit LSN"), Time: r.time("commit time"), XID: r.uint32("xid")}
		return &d.begin, r.end()
	case 'C':
		r.flags(0, "flags of commit")
		d.commit = Commit{CommitLSN: r.lsn("commit LSN"), EndLSN: r.lsn("end LSN"), Time: r.time("commit time")}
		return &d.commit, r.end()
	case 'R':
		return d.readRelation(message)
	case 'Y':
		d.typ = Type{ID: r.uint32("type id"), Schema: r.schema(), Name: string(r.text("type"))}
		return &d.typ, r.end()
	case 'T':
		return &d.truncate, d.readTruncate(&r)
	case 'O':
		d.origin = Origin{CommitLSN: r.lsn("commit LSN"), Name: r.text("origin")}
		return &d.origin, r.end()
	case 'M':
		return &d.logical, d.readLogical(&r)
	case 'S', 'E', 'c', 'A', 'b', 'P', 'K', 'r', 'p':
		return nil, ErrVersion
	}
	return nil, fmt.Errorf("no message begins with this byte: %w", ErrMalformed)
}

const transactionalFlag = 1

// readLogical reads: flags uint8, LSN uint64, prefix string, length uint32,
// content.
func (d *Decoder) readLogical(r *reader) error {
	flags := r.flags(transactionalFlag, "flags of message")
	d.logical = Logical{
		Transactional: flags&transactionalFlag != 0,
		LSN:           r.lsn("LSN of message"),
		Prefix:        r.text("prefix"),
		Content:       r.take(r.uint32("length of content"), "content"),
	}
	return r.end()
}

// kindName is what an error calls the kind of a message.
func kindName(kind byte) string {
	switch kind {
	case 'B':
		return "begin"
	case 'C':
		return "commit"
	case 'O':
		return "origin"
	case 'R':
		return "relation"
	case 'Y':
		return "type"
	case 'I':
		return "insert"
	case 'U':
		return "update"
	case 'D':
		return "delete"
	case 'T':
		return "truncate"
	case 'M':
		return "logical"
	case 'S', 'E', 'c', 'A':
		return fmt.Sprintf("%q (streamed transactions, version 2)", kind)
	case 'b', 'P', 'K', 'r', 'p':
		return fmt.Sprintf("%q (two-phase commit, version 3)", kind)
	}
	return fmt.Sprintf("%q", kind)
}
