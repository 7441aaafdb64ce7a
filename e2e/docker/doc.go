// Package docker holds the files of docker/ against what can be known of them without
// the programs that read them: Envoy's own API types, the published schemas of compose
// and Kubernetes, the rules for Dockerfiles, and the server's own list of variables.
// The binary of the image is built with the image's own command, and run.
package docker
