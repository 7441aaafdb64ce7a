package config

import (
	"reflect"
	"slices"
)

// section is a struct whose fields are variables.
type section struct {
	name   string // Server, Sync.Source
	prefix string // DS_SERVER__
	index  []int  // for reflect.Value.FieldByIndex
}

// sectionsOf lists the sections of a configuration that hold variables, those of
// sections too, in the order of the struct.
func sectionsOf(config reflect.Type) []section {
	return section{prefix: prefix}.within(config)
}

// within lists the sections below s, which is of type t.
func (s section) within(t reflect.Type) []section {
	var all []section
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Type.Kind() != reflect.Struct {
			continue // what Load makes of variables
		}
		below := section{
			name:   field.Name,
			prefix: s.prefix + field.Tag.Get("envPrefix"),
			index:  append(slices.Clone(s.index), i),
		}
		if s.name != "" {
			below.name = s.name + "." + field.Name
		}
		if hasSections(field.Type) {
			all = append(all, below.within(field.Type)...)
			continue
		}
		all = append(all, below)
	}
	return all
}

// hasSections reports whether the fields of t are sections, not variables.
func hasSections(t reflect.Type) bool {
	_, variable := t.Field(0).Tag.Lookup("env")
	return !variable
}
