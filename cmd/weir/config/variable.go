package config

import (
	"fmt"
	"reflect"
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
	field   string // Server.Port
	index   []int  // for reflect.Value.FieldByIndex
	initial string // value when unset
	help    string
	secret  bool
	rule    rule
}

// tableOf lists the variables of a struct of sections.
func tableOf(config reflect.Type) []variable {
	var vars []variable
	for i := range config.NumField() {
		section := config.Field(i)
		for j := range section.Type.NumField() {
			vars = append(vars, variableOf(section, section.Type.Field(j), []int{i, j}))
		}
	}
	return vars
}

func variableOf(section, field reflect.StructField, index []int) variable {
	return variable{
		name:    prefix + section.Tag.Get("envPrefix") + field.Tag.Get("env"),
		field:   section.Name + "." + field.Name,
		index:   index,
		initial: field.Tag.Get("envDefault"),
		help:    field.Tag.Get("help"),
		secret:  field.Tag.Get("secret") == "true",
		rule:    ruleOf(field),
	}
}

// refuse is the problem of a variable that was given a value it does not accept.
func (v variable) refuse(value string) Problem {
	return Problem{
		Names: []string{v.name},
		Text:  fmt.Sprintf("%s=%s: want %s", v.name, quote(v.show(value)), v.rule.want),
	}
}

// show is value as people may see it.
func (v variable) show(value string) string {
	if v.secret && value != "" {
		return masked
	}
	return value
}
