package dockerfile

import (
	"errors"
	"fmt"
	"strings"
)

// Stage is one FROM and what belongs to it.
type Stage struct {
	Base         string // image, or name of an earlier stage
	Name         string // after AS; empty when it has none
	Line         int
	Instructions []Instruction // without the FROM
}

// All returns the stage's instructions of one name, such as RUN.
func (s Stage) All(name string) []Instruction {
	var found []Instruction
	for _, i := range s.Instructions {
		if i.Name == name {
			found = append(found, i)
		}
	}
	return found
}

// Last returns the instruction of a name that counts when there are several.
func (s Stage) Last(name string) (Instruction, bool) {
	all := s.All(name)
	if len(all) == 0 {
		return Instruction{}, false
	}
	return all[len(all)-1], true
}

// Stages parts the instructions at each FROM. ARG alone may come before the first.
func Stages(all []Instruction) ([]Stage, error) {
	var stages []Stage
	for _, i := range all {
		switch {
		case i.Name == "FROM":
			s, err := from(i)
			if err != nil {
				return nil, err
			}
			stages = append(stages, s)
		case len(stages) > 0:
			last := &stages[len(stages)-1]
			last.Instructions = append(last.Instructions, i)
		case i.Name != "ARG":
			return nil, fmt.Errorf("line %d: %s before the first FROM", i.Line, i.Name)
		}
	}
	if len(stages) == 0 {
		return nil, errors.New("no FROM")
	}
	return stages, nil
}

// from reads FROM IMAGE [AS NAME].
func from(i Instruction) (Stage, error) {
	words := strings.Fields(i.Args)
	switch {
	case len(words) == 1:
		return Stage{Base: words[0], Line: i.Line}, nil
	case len(words) == 3 && strings.EqualFold(words[1], "AS"):
		return Stage{Base: words[0], Name: words[2], Line: i.Line}, nil
	default:
		return Stage{}, fmt.Errorf("line %d: FROM %q, want IMAGE or IMAGE AS NAME", i.Line, i.Args)
	}
}
