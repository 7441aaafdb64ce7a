package checks

// perLeaf is E118 for a partitioned table. It only warns: the leaves' streams
// are right, they are just not the one that the selection speaks of.
func perLeaf(f *Facts, _ *Want) []Finding {
	l := newLayout(f)
	var all []Finding
	for i := range f.Tables {
		if t := &f.Tables[i]; t.Selected && t.Parent == 0 && l.perLeaf(t) {
			all = append(all, warn("E118", `Partitioned table %s is published per leaf; `+
				`set publish_via_partition_root or route leaves explicitly.`, t.Name).about(t.Name))
		}
	}
	return all
}
