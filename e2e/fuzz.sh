#!/bin/sh
# Runs every fuzz target of the server and of its tests for a while, two at a time:
# much of the time of a short run is spent on building, by one processor.
#
#	e2e/fuzz.sh TIME     such as 5s or 10m
set -eu
cd "$(dirname "$0")/.."

if [ $# = 4 ]; then # what this script calls itself with: time, module, package, target
	time=$1 package=$3 target=$4
	cd "$2"
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	echo "fuzz $package $target for $time"
	fuzz() {
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -parallel 1 -timeout 0 "$package" >"$log" 2>&1
	}
	fuzz && exit
	# The fuzzing engine now and then reports its own deadline as a failure when
	# the time is up (golang/go#75804, mended in Go 1.27). A real failure names its
	# input.
	if grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input' "$log"; then
		echo "     the engine was cut off at its deadline; running $target once more"
		fuzz && exit
	fi
	cat "$log"
	exit 255 # xargs starts no more
fi
time=${1:?usage: e2e/fuzz.sh TIME}

# targets: a line of module, package and target for each fuzz target.
targets() {
	for module in . e2e; do
		(cd "$module" && go list -f '{{$dir := .Dir}}{{range .TestGoFiles}}{{$dir}}/{{.}} {{end}}{{range .XTestGoFiles}}{{$dir}}/{{.}} {{end}}' ./...) |
			tr ' ' '\n' | grep . | xargs grep -H '^func Fuzz' |
			sed -n "s|^$PWD/\(.*\)/[^/]*:func \(Fuzz[A-Za-z0-9]*\)(.*|\1 \2|p" |
			while read -r folder target; do
				[ "$module" = . ] || folder=${folder#"$module"/}
				echo "$module ./$folder $target"
			done
	done | sort
}

targets | xargs -P 2 -L 1 "$PWD/e2e/fuzz.sh" "$time"
