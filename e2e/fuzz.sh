#!/bin/sh
# Runs every fuzz target of the server and of its tests for a while.
#
#	e2e/fuzz.sh TIME     such as 5s or 10m
set -eu
time=${1:?usage: e2e/fuzz.sh TIME}
cd "$(dirname "$0")/.."

fuzz() { # package, target
	log=$(mktemp)
	if go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -timeout 0 "$1" >"$log" 2>&1; then
		rm -f "$log"
		return
	fi
	# The fuzzing engine now and then reports its own deadline as a failure when
	# the time is up (golang/go#75804, mended in Go 1.27). A real failure names its
	# input.
	if grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input' "$log"; then
		echo "     the engine was cut off at its deadline; running the target once more"
		rm -f "$log"
		go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -timeout 0 "$1"
		return
	fi
	cat "$log"
	exit 1
}

# targets DIR: the names of the fuzz targets in the tests of a folder.
targets() {
	sed -n 's/^func \(Fuzz[A-Za-z0-9]*\)(.*/\1/p' "$1"/*_test.go | sort
}

for module in . e2e; do
	cd "$module"
	for folder in $(go list -f '{{.Dir}}' ./...); do
		package=.${folder#"$PWD"}
		ls "$package"/*_test.go >/dev/null 2>&1 || continue
		for target in $(targets "$package"); do
			echo "fuzz $package $target for $time"
			fuzz "$package" "$target"
		done
	done
done
