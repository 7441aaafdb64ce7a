// Package dockerfile reads Dockerfiles as far as rules about them need it, and holds
// such rules. Start with [Parse] and [Lint].
//
// It knows instructions, flags, continued lines and comments. It does not expand
// variables, and refuses here-documents.
package dockerfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// maxBytes bounds what Parse takes; a Dockerfile is a few KiB.
const maxBytes = 1 << 20

// Instruction is one instruction, with continued lines joined.
type Instruction struct {
	Name  string   // in upper case, such as COPY
	Flags []string // with their dashes, such as --from=build
	Args  string   // the rest
	Line  int      // where it begins, from 1
}

// Exec returns the words of an instruction in its exec form, a JSON array.
func (i Instruction) Exec() (words []string, ok bool) {
	err := json.Unmarshal([]byte(i.Args), &words)
	return words, err == nil && len(words) > 0
}

// Flag returns the value of a flag given by its name, such as from.
func (i Instruction) Flag(name string) (value string, ok bool) {
	for _, f := range i.Flags {
		if value, ok = strings.CutPrefix(f, "--"+name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// Parse returns the instructions of a Dockerfile in their order.
func Parse(text string) ([]Instruction, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("parse Dockerfile: %d bytes, want at most %d", len(text), maxBytes)
	}
	var (
		found  []Instruction
		joined strings.Builder
		begin  int // line of the instruction that is being joined, 0 for none
	)
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, " \t\r")
		bare := strings.TrimLeft(line, " \t")
		if bare == "" || strings.HasPrefix(bare, "#") {
			continue // also between continued lines
		}
		if begin == 0 {
			begin = n + 1
		}
		part, continued := strings.CutSuffix(line, `\`)
		joined.WriteString(part)
		if continued {
			continue
		}
		one, err := instruction(joined.String())
		if err != nil {
			return nil, fmt.Errorf("parse Dockerfile: line %d: %w", begin, err)
		}
		one.Line = begin
		found = append(found, one)
		joined.Reset()
		begin = 0
	}
	if begin != 0 {
		return nil, fmt.Errorf("parse Dockerfile: line %d: continued and not ended", begin)
	}
	return found, nil
}

// instruction reads one joined line.
func instruction(line string) (Instruction, error) {
	name, rest := cutWord(line)
	if strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != "" || name == "" {
		return Instruction{}, fmt.Errorf("%q is no instruction", name)
	}
	i := Instruction{Name: strings.ToUpper(name)}
	for strings.HasPrefix(rest, "--") {
		var flag string
		flag, rest = cutWord(rest)
		i.Flags = append(i.Flags, flag)
	}
	if rest == "" {
		return Instruction{}, fmt.Errorf("%s without arguments", i.Name)
	}
	if strings.HasSuffix(rest, `\`) {
		return Instruction{}, errors.New("ends in a backslash that continues nothing")
	}
	if strings.Contains(rest, "<<") {
		return Instruction{}, errors.New("here-documents are not read")
	}
	i.Args = rest
	return i, nil
}

// cutWord returns the first word and what follows it.
func cutWord(s string) (word, rest string) {
	s = strings.TrimSpace(s)
	if at := strings.IndexAny(s, " \t"); at >= 0 {
		return s[:at], strings.TrimSpace(s[at:])
	}
	return s, ""
}
