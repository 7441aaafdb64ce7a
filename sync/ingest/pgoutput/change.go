package pgoutput

const (
	cascadeFlag = 1 << iota
	restartIdentityFlag
)

// readInsert reads: relation id uint32, 'N', tuple.
func (d *Decoder) readInsert(r *reader) error {
	relation := d.announced(r)
	r.mark(newRow)
	if r.err != nil {
		return r.err
	}
	d.newRow = r.tuple(d.newRow, relation)
	d.insert = Insert{Relation: relation, New: d.newRow}
	return r.end()
}

// readUpdate reads: relation id uint32, perhaps 'K' or 'O' and a tuple, then 'N'
// and a tuple.
func (d *Decoder) readUpdate(r *reader) error {
	relation := d.announced(r)
	kind := r.oldKind()
	if r.err != nil {
		return r.err
	}
	d.oldRow = d.oldRow[:0]
	if kind != OldNone {
		d.oldRow = r.tuple(d.oldRow, relation)
	}
	r.mark(newRow)
	if r.err != nil {
		return r.err
	}
	d.newRow = r.tuple(d.newRow, relation)
	d.update = Update{Relation: relation, OldKind: kind, Old: d.oldRow, New: d.newRow}
	return r.end()
}

// readDelete reads: relation id uint32, 'K' or 'O', tuple.
func (d *Decoder) readDelete(r *reader) error {
	relation := d.announced(r)
	kind := r.oldKind()
	if kind == OldNone {
		r.malformed("the old row is missing")
	}
	if r.err != nil {
		return r.err
	}
	d.oldRow = r.tuple(d.oldRow, relation)
	d.delete = Delete{Relation: relation, OldKind: kind, Old: d.oldRow}
	return r.end()
}

// readTruncate reads: number of relations uint32, flags uint8, then the id of
// each, uint32.
func (d *Decoder) readTruncate(r *reader) error {
	count := r.uint32("number of relations")
	flags := r.flags(cascadeFlag|restartIdentityFlag, "flags of truncate")
	if need := uint64(count) * 4; need > uint64(len(r.rest)) {
		r.malformed("%d relations need %d bytes, %d are there", count, need, len(r.rest))
	}
	if r.err != nil {
		return r.err
	}
	relations := d.truncate.Relations[:0]
	for range count {
		relations = append(relations, d.announced(r))
	}
	d.truncate = Truncate{
		Relations:       relations,
		Cascade:         flags&cascadeFlag != 0,
		RestartIdentity: flags&restartIdentityFlag != 0,
	}
	return r.end()
}

// mark reads a byte that can only be this one.
func (r *reader) mark(want byte) {
	if got := r.uint8("mark of tuple"); got != want {
		r.malformed("mark of tuple is %q, want %q", got, want)
	}
}

// oldKind reads the mark of an old row if one is next.
func (r *reader) oldKind() OldKind {
	if len(r.rest) == 0 {
		return OldNone
	}
	switch kind := OldKind(r.rest[0]); kind {
	case OldKey, OldRow:
		r.rest = r.rest[1:]
		return kind
	}
	return OldNone
}
