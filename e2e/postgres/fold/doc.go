// Package fold holds the state that the events of a stream add up to against the
// table they come from.
//
// Of folds events; ReadTable has Postgres itself say, column by column, which JSON
// each value should be; Compare tells the differences in both directions.
package fold
