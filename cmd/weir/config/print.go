package config

import (
	"fmt"
	"io"
	"reflect"
)

// Print writes cfg as one NAME=value line for each variable, in the order of the
// struct, secrets masked. Without secrets, loading the lines gives cfg again.
// The error is that of w.
func Print(w io.Writer, cfg Config) error {
	return printFields(w, reflect.ValueOf(cfg))
}

// printFields writes the lines of any struct of sections.
func printFields(w io.Writer, config reflect.Value) error {
	for _, v := range tableOf(config.Type()) {
		value := v.show(format(config.FieldByIndex(v.index)))
		if _, err := fmt.Fprintf(w, "%s=%s\n", v.name, value); err != nil {
			return fmt.Errorf("print configuration: %w", err)
		}
	}
	return nil
}
