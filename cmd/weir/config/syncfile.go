package config

import (
	"fmt"
	"reflect"
	"slices"
)

// SyncFile names several pipelines.
type SyncFile struct {
	// Path is a YAML file with a list of pipelines, whose keys are the variables
	// DS_SYNC__* in lower case and without that beginning:
	//
	//	- slot: shop
	//	  database_url: postgres://weir@db-1/shop
	//	  database_password_file: /run/secrets/shop
	//	  tables: public.*
	//	  stream_template: shop/{schema}/{table}
	//	- slot: billing
	//	  database_url: postgres://weir@db-2/billing
	//	  tables: '*.invoices'
	//	  type_template: '{table}'
	//
	// What is set as a variable counts for each pipeline that does not say otherwise. A
	// key with nothing behind it is as if neither were there. A pipeline's name is its
	// slot, so each needs its own. Two that would feed one stream are found out while
	// they run: it belongs to the one that came first, and the other stops. So it does
	// at messages for streams, if both read one database. Bounds of memory and
	// connections are those of each pipeline.
	Path string `env:"CONFIG_FILE" form:"file" help:"YAML list of several pipelines, whose keys are these variables in lower case (slot, database_url, tables); a variable then counts for each pipeline that does not say otherwise"`
}

const configFile = syncPrefix + "CONFIG_FILE"

// pipelines reads the file and returns what its entries come to with the variables
// that are given, or everything that is wrong with it.
func pipelines(path string, vars []variable, given map[string]string, read func(string) ([]byte, error)) (all []Sync, problems []Problem, err error) {
	text, err := read(path)
	if err != nil {
		return nil, []Problem{{
			Names: []string{configFile},
			Text:  fmt.Sprintf("%s=%s: %s: want a YAML list of pipelines", configFile, quote(path), plainReason(err)),
		}}, nil
	}
	var r fileReader
	entries := r.entries(vars, text)
	problems = r.problems
	for _, e := range entries {
		one, more, err := e.resolve(vars, given)
		if err != nil {
			return nil, nil, err
		}
		all, problems = append(all, one.Sync), append(problems, more...)
	}
	return all, append(problems, clashes(entries, all)...), nil
}

// pipelineVariables are those that an entry may have.
func pipelineVariables(vars []variable) []variable {
	field, _ := reflect.TypeFor[Config]().FieldByName("Sync")
	return slices.DeleteFunc(slices.Clone(vars), func(v variable) bool { return v.index[0] != field.Index[0] })
}
