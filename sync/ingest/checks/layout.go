package checks

// layout answers under whose name a table's changes arrive: a partition's may
// come under its own or under an ancestor's, as publish_via_partition_root says.
type layout struct {
	byOID map[uint32]*Table
	// leaves and sent count, by oid of an ancestor, the partitions with rows and
	// those of them that are published under their own name.
	leaves, sent map[uint32]int
}

func newLayout(f *Facts) *layout {
	l := &layout{byOID: make(map[uint32]*Table, len(f.Tables)), leaves: map[uint32]int{}, sent: map[uint32]int{}}
	for i := range f.Tables {
		l.byOID[f.Tables[i].OID] = &f.Tables[i]
	}
	for i := range f.Tables {
		l.countLeaf(&f.Tables[i])
	}
	return l
}

func (l *layout) countLeaf(t *Table) {
	if t.Partitioned {
		return
	}
	for p := l.parent(t); p != nil; p = l.parent(p) {
		l.leaves[p.OID]++
		if len(t.Shares) > 0 {
			l.sent[p.OID]++
		}
	}
}

// parent returns nil where the parent is none of ours.
func (l *layout) parent(t *Table) *Table { return l.byOID[t.Parent] }

// carrier returns the table under whose name the changes of t arrive, or would
// once its root is published.
func (l *layout) carrier(t *Table) *Table {
	for at := t; ; at = l.parent(at) {
		if len(at.Shares) > 0 || l.parent(at) == nil {
			return at
		}
	}
}

// perLeaf tells whether a partitioned table is published by its leaves alone.
// One without a leaf is if a publication names it.
func (l *layout) perLeaf(t *Table) bool {
	if !t.Partitioned || len(t.Shares) > 0 {
		return false
	}
	if n := l.leaves[t.OID]; n > 0 {
		return l.sent[t.OID] == n
	}
	return t.Member
}

// unpublished tells whether a selected table is in no publication at all. Where
// both are missing, only the root is named.
func (l *layout) unpublished(t *Table) bool {
	return t.Selected && l.carrier(t) == t && len(t.Shares) == 0 && !l.perLeaf(t)
}

// copied tells whether a snapshot holds the table, or reads rows that lie in it.
func (l *layout) copied(t *Table) bool {
	return !t.Partitioned || l.carrier(t) == t && !l.perLeaf(t)
}
