// Package limits holds the budgets that keep one client from using up what all
// share: Names for stream names, Size for amounts of memory and disk, Rate for
// requests a second, Gauge for things that exist at the same time and Budget for an
// amount that they share, such as bytes. Rates and Gauges are the same for each of
// many, such as clients and streams.
//
// Everywhere a limit of zero means that there is none. A limit only measures
// and answers; what to tell a client that is over it is the caller's business.
package limits
