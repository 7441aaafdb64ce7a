#!/bin/sh
# Runs every fuzz target of the server's module for a while.
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

for package in $(go list ./...); do
	for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
		echo "fuzz $package $target for $time"
		fuzz "$package" "$target"
	done
done
