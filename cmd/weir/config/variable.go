package config

import (
	"fmt"
	"reflect"
	"slices"
)

// prefix begins the name of every variable.
const prefix = "DS_"

// masked stands for a secret wherever its value would be printed.
const masked = "********"

// Variable is one row of the reference of variables.
type Variable struct {
	// Name is the whole name: DS_SERVER__PORT.
	Name string
	// Default is the value used when the variable is unset or empty, written as
	// the variable would be; empty when there is none.
	Default string
	// Allowed says which values are accepted: "a whole number from 0 to 65535".
	Allowed string
	// Help is one line without a full stop.
	Help string
}

// Reference lists every variable, in the order of the [Config] struct. The
// caller owns the slice.
func Reference() []Variable {
	vars := tableOf(reflect.TypeFor[Config]())
	rows := make([]Variable, 0, len(vars))
	for _, v := range vars {
		rows = append(rows, Variable{Name: v.name, Default: v.initial, Allowed: v.rule.want, Help: v.help})
	}
	return rows
}

// variable is one field of a configuration struct, as its tags describe it.
type variable struct {
	name    string // DS_SERVER__PORT
	field   string // Server.Port, Sync.Source.Slot
	index   []int  // for reflect.Value.FieldByIndex
	initial string // value when unset
	help    string
	mask    func(string) string // shows a value to people; nil: as it is
	rule    rule
}

// tableOf lists the variables of a struct of sections.
func tableOf(config reflect.Type) []variable {
	var vars []variable
	for _, s := range sectionsOf(config) {
		section := config.FieldByIndex(s.index).Type
		for i := range section.NumField() {
			vars = append(vars, s.variable(section.Field(i), i))
		}
	}
	return vars
}

// variable describes the i-th field of the section.
func (s section) variable(field reflect.StructField, i int) variable {
	return variable{
		name:    s.prefix + field.Tag.Get("env"),
		field:   s.name + "." + field.Name,
		index:   append(slices.Clone(s.index), i),
		initial: field.Tag.Get("envDefault"),
		help:    field.Tag.Get("help"),
		mask:    maskOf(field.Tag.Get("secret")),
		rule:    ruleOf(field),
	}
}

// refuse is the problem of a variable that was given a value it does not accept.
// A reason may repeat the value, so secrets have none.
func (v variable) refuse(value string) Problem {
	text := fmt.Sprintf("%s=%s: ", v.name, quote(v.show(value)))
	if v.rule.why != nil && v.mask == nil {
		text += fmt.Sprintf("%v: ", v.rule.why(value))
	}
	return Problem{Names: []string{v.name}, Text: text + "want " + v.rule.want}
}

// show is value as people may see it.
func (v variable) show(value string) string {
	if v.mask == nil || value == "" {
		return value
	}
	return v.mask(value)
}

// maskOf returns what a tag secret says about showing a value.
func maskOf(secret string) func(string) string {
	switch secret {
	case "true":
		return func(string) string { return masked }
	case "dsn":
		return showDSN
	default:
		return nil
	}
}
