package config

import (
	"fmt"
	"slices"
)

// contradictions returns what is wrong between variables that are each right by
// themselves. Variables that already have a problem are left out: their values
// are not the ones that were meant.
func contradictions(cfg Config, found []Problem) []Problem {
	var more []Problem
	for _, p := range []Problem{directoryMissing(cfg.Storage), nameTooLong(cfg.Limits)} {
		if p.Text != "" && !overlap(found, p) {
			more = append(more, p)
		}
	}
	return more
}

// directoryMissing is the problem of a mode on disk that has no directory,
// or the zero Problem.
func directoryMissing(s Storage) Problem {
	if !s.Mode.OnDisk() || s.DataDir != "" {
		return Problem{}
	}
	const mode, dir = "DS_STORAGE__MODE", "DS_STORAGE__DATA_DIR"
	return Problem{
		Names: []string{mode, dir},
		Text: fmt.Sprintf("%s=%s without %s: this mode keeps streams on disk, want the directory to keep them in",
			mode, quote(string(s.Mode)), dir),
	}
}

// nameTooLong is the problem of a name limit that no request could reach, or the
// zero Problem.
func nameTooLong(l Limits) Problem {
	if l.MaxStreamNameBytes < l.MaxHeaderBytes {
		return Problem{}
	}
	const name, header = "DS_LIMITS__MAX_STREAM_NAME_BYTES", "DS_LIMITS__MAX_HEADER_BYTES"
	return Problem{
		Names: []string{name, header},
		Text: fmt.Sprintf("%s=%s with %s=%s: a name is part of the request line, want the first below the second",
			name, l.MaxStreamNameBytes, header, l.MaxHeaderBytes),
	}
}

// overlap reports whether a variable of p is already among the found problems.
func overlap(found []Problem, p Problem) bool {
	return slices.ContainsFunc(found, func(f Problem) bool {
		return slices.ContainsFunc(f.Names, func(name string) bool { return slices.Contains(p.Names, name) })
	})
}

// ineffective warns of variables that are right and do nothing.
func ineffective(cfg Config) []string {
	if cfg.Storage.Mode.OnDisk() || cfg.Storage.DataDir == "" {
		return nil
	}
	return []string{fmt.Sprintf("DS_STORAGE__DATA_DIR=%s has no effect with DS_STORAGE__MODE=%s: nothing is written to disk",
		quote(cfg.Storage.DataDir), quote(string(cfg.Storage.Mode)))}
}
