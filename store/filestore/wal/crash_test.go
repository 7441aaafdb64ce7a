package wal_test

import (
	"maps"
	"slices"
)

// crash is a way in which a process can end.
type crash struct {
	name         string
	keepsFlushed bool
	// fs returns what a memFS holds afterwards. pick returns a number below n.
	fs func(m *memFS, pick func(n int) int) *memFS
}

var (
	killed    = crash{"killed", true, afterKill}
	powerLost = crash{"power lost", false, afterPowerLoss}
	powerTorn = crash{"power lost while writing", false, afterTear}
)

// afterKill is the end of the process alone: the page cache survives.
func afterKill(m *memFS, _ func(int) int) *memFS {
	after := m.empty()
	for name, n := range m.names {
		after.names[name] = &inode{data: slices.Clone(n.data), synced: slices.Clone(n.synced)}
		if m.synced[name] == n {
			after.synced[name] = after.names[name]
		}
	}
	return after
}

// afterPowerLoss keeps what was synced and nothing else.
func afterPowerLoss(m *memFS, _ func(int) int) *memFS {
	after := m.empty()
	for name, n := range m.synced {
		after.put(name, slices.Clone(n.synced))
	}
	return after
}

// afterTear keeps what was synced and, by pick, any part of the rest: names
// come and go, and unsynced blocks are old, new or zero.
func afterTear(m *memFS, pick func(int) int) *memFS {
	after := m.empty()
	all := maps.Clone(m.synced)
	maps.Copy(all, m.names)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		n := m.synced[name]
		if n != m.names[name] && pick(2) == 0 {
			n = m.names[name]
		}
		if n != nil {
			after.put(name, tear(n, pick))
		}
	}
	return after
}

func tear(n *inode, pick func(int) int) []byte {
	const block = 16
	data := n.data
	if n.before != nil && pick(2) == 0 {
		data = n.before
	}
	if pick(4) == 0 {
		return slices.Clone(data)
	}
	got := slices.Clone(n.synced)
	switch {
	case len(data) > len(got):
		got = append(got, make([]byte, pick(len(data)-len(got)+1))...)
	case pick(2) == 0:
		got = got[:len(data)]
	}
	for at := 0; at < len(got); at += block {
		end := min(at+block, len(got), len(data))
		if at < end && pick(2) == 0 {
			copy(got[at:end], data[at:end])
		}
	}
	return got
}

func (m *memFS) empty() *memFS {
	after := newMemFS()
	after.dirs = maps.Clone(m.dirs)
	return after
}

func (m *memFS) put(name string, data []byte) {
	n := &inode{data: data, synced: slices.Clone(data)}
	m.names[name], m.synced[name] = n, n
}
