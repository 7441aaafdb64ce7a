package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Load reads the configuration from environ, a list of NAME=value as
// [os.Environ] returns it; a later entry wins over an earlier one. It reads the file
// that a [SyncFile] names, too.
//
// The error is an [*Error] that lists every mistake, and the configuration is
// then the zero Config. The warnings are for things that have no effect and
// do not keep the server from starting; they are returned in either case.
func Load(environ []string) (cfg Config, warnings []string, err error) {
	return load(environ, readBounded)
}

// load is Load with files that read returns.
func load(environ []string, read func(path string) ([]byte, error)) (cfg Config, warnings []string, err error) {
	given := givenIn(environ)
	vars := tableOf(reflect.TypeFor[Config]())

	problems, err := parse(&cfg, vars, given)
	if err != nil {
		return Config{}, nil, err
	}
	problems = append(problems, contradictions(cfg, problems)...)
	more, err := cfg.fillPipelines(vars, given, problems, read)
	if err != nil {
		return Config{}, nil, err
	}
	problems = append(problems, more...)

	unserved, warnings := strays(vars, given)
	problems = append(problems, unserved...)
	if len(problems) > 0 {
		return Config{}, warnings, &Error{Problems: problems}
	}
	return cfg, append(warnings, ineffective(cfg)...), nil
}

// fillPipelines makes the pipelines of variables, or of the file unless its name is
// among what was found wrong. It returns what is wrong with the file.
func (c *Config) fillPipelines(vars []variable, given map[string]string, found []Problem, read func(string) ([]byte, error)) (problems []Problem, err error) {
	switch {
	case c.SyncFile.Path == "" && c.Sync.Enabled():
		c.Pipelines = []Sync{c.Sync}
	case c.SyncFile.Path != "" && !overlap(found, Problem{Names: []string{configFile}}):
		c.Pipelines, problems, err = pipelines(c.SyncFile.Path, vars, given, read)
	}
	return problems, err
}

// givenIn returns the DS_ variables of environ that are set to something.
func givenIn(environ []string) map[string]string {
	given := env.ToMap(environ)
	for name, value := range given {
		if value == "" || !strings.HasPrefix(name, prefix) {
			delete(given, name)
		}
	}
	return given
}

// parse fills dst, a pointer to a struct described by vars, and returns what is
// wrong with each variable alone, in the order of the table. The error means
// that the struct itself is at fault, not the values.
func parse(dst any, vars []variable, given map[string]string) ([]Problem, error) {
	filled := reflect.ValueOf(dst).Elem()
	failed, err := fill(filled, given)
	if err != nil {
		return nil, fmt.Errorf("parse configuration: %w", err)
	}

	var problems []Problem
	for _, v := range vars {
		value, set := given[v.name]
		if !set {
			continue
		}
		if slices.Contains(failed, v.field) || !v.rule.holds(filled.FieldByIndex(v.index)) {
			problems = append(problems, v.refuse(value))
		}
	}
	return problems, nil
}

// fill parses every section by itself, because the parser names a failing field
// without its section. It returns the failing fields as Section.Field.
func fill(dst reflect.Value, given map[string]string) (failed []string, err error) {
	for _, s := range sectionsOf(dst.Type()) {
		err := env.ParseWithOptions(dst.FieldByIndex(s.index).Addr().Interface(), env.Options{
			Environment: given,
			Prefix:      s.prefix,
			FuncMap:     parsers(),
		})
		fields, err := failures(err)
		if err != nil {
			return nil, err
		}
		for _, field := range fields {
			failed = append(failed, s.name+"."+field)
		}
	}
	return failed, nil
}

// failures takes the fields that did not parse out of the parser's error, and
// returns whatever else the parser complains about.
func failures(err error) (fields []string, rest error) {
	if err == nil {
		return nil, nil
	}
	var all env.AggregateError
	if !errors.As(err, &all) {
		return nil, err
	}
	for _, one := range all.Errors {
		var bad env.ParseError
		if !errors.As(one, &bad) {
			return nil, one
		}
		fields = append(fields, bad.Name)
	}
	return fields, nil
}
