// Package workload writes to a database what an application might, and worse:
// small and large transactions, savepoints rolled back, changed keys, values out
// of line, truncates, COPY and prepared transactions, from several sessions whose
// commits interleave.
//
// Create makes the tables, Run lets the sessions at them. What a session does
// follows from the seed and its number alone; only how the sessions meet is left
// to chance. The Ledger of a run says what became of every step, and NewPlan
// repeats any of them.
//
// Whatever happens, the balances in the table accounts add up to Total at every
// commit, because money only ever moves from one account to another.
package workload
