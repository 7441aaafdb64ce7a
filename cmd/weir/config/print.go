package config

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// Print writes cfg as one NAME=value line for each variable, in the order of the
// struct, secrets masked. Without secrets, loading the lines gives cfg again.
// Pipelines of a file follow as such a file, whole, in lines of comment.
// The error is that of w.
func Print(w io.Writer, cfg Config) error {
	if err := printFields(w, reflect.ValueOf(cfg)); err != nil || cfg.SyncFile.Path == "" {
		return err
	}
	return printPipelines(w, cfg.Pipelines)
}

// printPipelines writes each pipeline with all its keys.
func printPipelines(w io.Writer, all []Sync) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s:\n", configFile)
	vars := pipelineVariables(tableOf(reflect.TypeFor[Config]()))
	for _, s := range all {
		cfg, begin := reflect.ValueOf(Config{Sync: s}), "- "
		for _, v := range vars {
			fmt.Fprintf(&b, "# %s%s: %s\n", begin, keyOf(v.name), strconv.Quote(v.show(format(cfg.FieldByIndex(v.index)))))
			begin = "  "
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print configuration: %w", err)
	}
	return nil
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
