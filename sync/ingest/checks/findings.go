package checks

// Findings holds the facts against what is wanted, and returns everything that
// does not fit, ordered by code and table. It has no effects.
func Findings(f Facts, w Want) []Finding {
	var all []Finding
	for _, check := range []func(*Facts, *Want) []Finding{
		walLevel, replicationRole, pooler, freeSlots, freeSenders,
		slotInUse, slotKind, slotLost, slotAhead, slotMissing,
		otherHistory,
		publications, publishedTables, publishedOperations, columnLists, perLeaf,
		identities, wholeRows, templateColumns, templateKey, readable,
		slotBlocked,
		mirrorLoop,
		warnings,
	} {
		all = append(all, check(&f, &w)...)
	}
	return sorted(all)
}
