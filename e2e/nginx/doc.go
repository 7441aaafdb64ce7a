// Package nginx runs the built server behind a real nginx with docker/nginx.conf,
// the file that users get, and holds the two together against what that file
// promises: nothing is buffered, quiet streams survive, uploads are streamed,
// pages are cached as long as the server allows and no longer, and a restart of
// the server is nobody's problem.
//
// TestQuietStreams and TestExpiredPage wait for more than a minute, the first
// because nginx gives up after one unless told otherwise, the second because a
// page is fresh for one. All tests that take long run side by side.
package nginx
