package vfs

// ReleaseIsFrom tells whether a kernel's release is a version or a later one.
func ReleaseIsFrom(release string, major, minor int) bool {
	return releaseIsFrom(release, major, minor)
}
