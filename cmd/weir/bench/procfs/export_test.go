package procfs

// ParseStat is parseStat, for tests of what no process here is called.
var ParseStat = parseStat

// ParseIO is parseIO, for tests of what no kernel writes.
var ParseIO = parseIO
