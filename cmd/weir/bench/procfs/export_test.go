package procfs

// ParseStat is parseStat, for tests of what no process here is called.
var ParseStat = parseStat
