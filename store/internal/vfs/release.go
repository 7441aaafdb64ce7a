package vfs

import "fmt"

// releaseIsFrom tells whether a kernel's release, such as 6.1.0-18-amd64, is a
// version or a later one.
func releaseIsFrom(release string, major, minor int) bool {
	var x, y int
	if n, _ := fmt.Sscanf(release, "%d.%d", &x, &y); n < 2 {
		return false
	}
	return x > major || x == major && y >= minor
}
