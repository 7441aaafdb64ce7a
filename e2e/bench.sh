#!/bin/bash
# Measures weir beside a yardstick and writes a table.
#
#	e2e/bench.sh [FILE]
#
# The server has core 0, the load core 1, and nothing else should run meanwhile.
# The table goes to standard output, and to FILE if there is one; it says on which
# machine it was made. Environment:
#
#	BENCH_ONLY       parts of the matrix to run, such as append,sse; all if unset
#	BENCH_REPEATS    runs of each row, of which the median counts (3)
#	BENCH_SECONDS    how long each run measures (10)
#	BENCH_DIR        where servers keep their data, on the disk to measure (a new
#	                 directory in TMPDIR)
#	BENCH_PORT       the first of three ports that are used (24490)
#	BENCH_STREAMS    how many streams are stored in the part "stored" (1000000)
#	BENCH_SPIN       1 = measure with --spin, which keeps the waking of the load out of
#	                 the server's processor time and out of latencies
#	BENCH_WEIR       a binary to measure, instead of one built here
#
# A row is: part | what | tier | arguments of weir bench | what is wanted. Each run
# has a server of its own. @conns is as many subscribers as the limit of open files
# allows, 50000 at most; @half is half the rate of the row before. What is wanted is
# a list of FIGURE>=N or FIGURE<=N, with the names that weir bench --json has, or
# of FIGURE/OTHER>=N, where OTHER is
#
#	yardstick   the same figure of the empty net/http handler, measured right after
#	nginx       the same figure of a static file of 64 MiB from nginx
#	before      the same figure of the row before
#
# FIGURE>=0 wants nothing and is there to be seen.
matrix='
append | 64 connections, 1 stream | memory | append --streams 1 | per_second/yardstick>=0.90 server_cpu_us_per_op/yardstick>=0
append | 64 connections, 100 streams | memory | append --streams 100 | per_second/yardstick>=0.90 server_cpu_us_per_op/yardstick>=0
append | 64 connections, 10,000 streams | memory | append --streams 10000 | per_second/yardstick>=0.90 server_cpu_us_per_op/yardstick>=0
append | 64 connections, 1 stream | file-fast | append --streams 1 | per_second/yardstick>=0.80 server_cpu_us_per_op/yardstick>=0
append | 64 connections, 100 streams | file-fast | append --streams 100 | per_second/yardstick>=0.80 server_cpu_us_per_op/yardstick>=0
append | 64 connections, 10,000 streams | file-fast | append --streams 10000 | per_second/yardstick>=0.80 server_cpu_us_per_op/yardstick>=0
append | 64 connections, 1 stream | file-durable | append --streams 1 | per_second/yardstick>=0.65 server_cpu_us_per_op/yardstick>=0
append | 64 connections, 10,000 streams | file-durable | append --streams 10000 | per_second/yardstick>=0.65 server_cpu_us_per_op/yardstick>=0
append | 64 connections, 100 streams | file-durable | append --streams 100 | per_second/yardstick>=0.65 server_cpu_us_per_op/yardstick>=0
append | at half that load | file-durable | append --streams 100 --rate @half | p99_us<=5000
batch | JSON append, batches of 100 | memory | append --batch 100 | messages_per_second>=800000
many | append, 100 streams | memory | append --streams 100 | server_cpu_us_per_op>=0
many | append, 100,000 streams | memory | append --streams 100000 | server_cpu_us_per_op/before<=1.3
many | append, 100 streams | file-durable | append --streams 100 | server_cpu_us_per_op>=0
many | append, 100,000 streams | file-durable | append --streams 100000 | server_cpu_us_per_op/before<=1.3
sse | SSE, 1 x 1,000 at 50/s | memory | sse --subscribers 1000 --rate 50 | server_cpu_seconds_per_million<=5 delivery_p99_us<=15000
sse | SSE, 1 x 1,000 at 50/s | file-fast | sse --subscribers 1000 --rate 50 | server_cpu_seconds_per_million<=5 delivery_p99_us<=15000
sse | SSE, 1 x 1,000 at 50/s | file-durable | sse --subscribers 1000 --rate 50 | server_cpu_seconds_per_million<=5 delivery_p99_us<=15000
sse | SSE, 100 x 10 at 5/s | memory | sse --streams 100 --subscribers 10 --rate 5 | server_cpu_seconds_per_million<=12
sse | SSE, 100 x 10 at 5/s | file-fast | sse --streams 100 --subscribers 10 --rate 5 | server_cpu_seconds_per_million<=12
sse | SSE, 100 x 10 at 5/s | file-durable | sse --streams 100 --subscribers 10 --rate 5 | server_cpu_seconds_per_million<=12
idle | idle SSE subscribers, 10,000 | memory | sse --idle --subscribers 10000 | server_anonymous_bytes_per_subscriber<=6144
crowd | SSE, 1 x @conns at 1/s | memory | sse --subscribers @conns --rate 1 | lost<=0 delivery_p99_us<=1000000
catchup | octet-stream of 64 MiB, 4 readers | memory | catchup | mib_per_second/nginx>=1.2
catchup | octet-stream of 64 MiB, 4 readers | file-fast | catchup | mib_per_second/nginx>=0.95
catchup | octet-stream of 64 MiB, 4 readers | file-durable | catchup | mib_per_second/nginx>=0.95
catchup | JSON of 64 MiB, 4 readers | memory | catchup --messages | mib_per_second/nginx>=0.9
catchup | JSON of 64 MiB, 4 readers | file-fast | catchup --messages | mib_per_second/nginx>=0.9
catchup | JSON of 64 MiB, 4 readers | file-durable | catchup --messages | mib_per_second/nginx>=0.9
readers | 256 MiB, 64 readers | memory | catchup --bytes 256MiB --readers 64 | server_anonymous_growth_mib<=64
readers | 256 MiB, 64 readers | file-durable | catchup --bytes 256MiB --readers 64 | server_anonymous_growth_mib<=64
create | create | memory | create | per_second/yardstick>=0.7 server_anonymous_bytes_per_stream<=700
create | create | file-durable | create | per_second/yardstick>=0.4
rtt | append to SSE delivery | memory | rtt | delivery_p50_us<=60
rtt | the same to a client that is awake | memory | rtt --spin | delivery_p50_us<=60
rtt | append to SSE delivery | file-fast | rtt | delivery_p50_us<=250
rtt | append to SSE delivery | file-durable | rtt | delivery_p50_us<=250
longpoll | long-poll, 1 x 1,000 at 10/s | memory | longpoll --subscribers 1000 --rate 10 | lost<=0 server_cpu_seconds_per_million>=0
'
# Two parts more are not rows but functions below: stored and recovery.

set -euo pipefail
cd "$(dirname "$0")/.."

repeats=${BENCH_REPEATS:-3}
seconds=${BENCH_SECONDS:-10}
port=${BENCH_PORT:-24490}
streams=${BENCH_STREAMS:-1000000}
only=,${BENCH_ONLY:-},
spin=${BENCH_SPIN:-}
result=${1:-/dev/null}
scratch=$(mktemp -d)
data=${BENCH_DIR:-$scratch}/weir-bench-data
weir=${BENCH_WEIR:-$scratch/weir}
server=''    # process ids, while they run
yardstick=''
nginx=''

say() { echo "bench: $*" >&2; }

fail() {
	say "$*"
	exit 1
}

# end PID: asks a process of ours to end, and waits until it has.
end() {
	[ -n "$1" ] || return 0
	kill "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

finish() {
	end "$server"
	end "$yardstick"
	end "$nginx"
	rm -rf "$scratch" "$data"
}
trap finish EXIT
trap 'exit 130' INT TERM

selected() { [ "$only" = ,, ] || [[ $only == *,$1,* ]]; }

# start_server TIER: starts a server and waits until it answers. Data that is there
# stays.
start_server() {
	DS_STORAGE__MODE=$1 DS_STORAGE__DATA_DIR=$data DS_SERVER__PORT=$port DS_LOG__LEVEL=error \
		DS_LIMITS__MAX_STREAM_BYTES=0 DS_LIMITS__MAX_MEMORY_BYTES="$(memory_of "$1")" \
		taskset -c 0 "$weir" >"$scratch/server.log" 2>&1 &
	server=$!
	until DS_SERVER__PORT=$port "$weir" health 2>/dev/null; do
		kill -0 "$server" 2>/dev/null || fail "the server did not start: $(cat "$scratch/server.log")"
		sleep 0.02
	done
}

# In memory mode everything that is appended has to fit.
memory_of() { if [ "$1" = memory ]; then echo 12GiB; else echo 100MiB; fi; }

stop_server() {
	end "$server"
	server=''
}

# load ARGUMENTS...: measures, and prints a JSON object.
load() { taskset -c 1 "$weir" bench "$@" --json ${spin:+--spin}; }

# figure NAME JSON
figure() { sed -nE "s/.*\"$1\":(-?[0-9.eE+-]+).*/\1/p" <<<"$2"; }

# median: of the numbers on standard input
median() { sort -g | awk '{ x[NR] = $1 } END { if (NR) print (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2 }'; }

calc() { awk "BEGIN { print $1 }"; }

# round NUMBER: to as many digits as mean something
round() { awk -v x="$1" 'BEGIN { a = x < 0 ? -x : x; printf(x == int(x) || a >= 100 ? "%.0f" : a >= 10 ? "%.1f" : "%.2f", x) }'; }

# timed ARGUMENTS: with the length of the measurement, where that has one
timed() { if [[ $1 == *--idle* ]]; then echo "$1"; else echo "$1 --duration ${seconds}s"; fi; }

start_yardstick() {
	[ -z "$yardstick" ] || return 0
	taskset -c 0 "$weir" bench yardstick --listen "127.0.0.1:$((port + 1))" >/dev/null &
	yardstick=$!
	sleep 0.5
}

start_nginx() {
	[ -z "$nginx" ] || return 0
	command -v nginx >/dev/null || return 1
	mkdir -p "$scratch/nginx/files"
	head -c $((64 << 20)) /dev/urandom >"$scratch/nginx/files/file"
	chmod -R a+rX "$scratch"
	cat >"$scratch/nginx/nginx.conf" <<-CONF
		worker_processes 1;
		daemon off;
		pid $scratch/nginx/pid;
		error_log $scratch/nginx/error.log;
		events { worker_connections 1024; }
		http {
			access_log off;
			sendfile on;
			keepalive_requests 1000000;
			client_body_temp_path $scratch/nginx/body;
			proxy_temp_path $scratch/nginx/proxy;
			fastcgi_temp_path $scratch/nginx/fastcgi;
			uwsgi_temp_path $scratch/nginx/uwsgi;
			scgi_temp_path $scratch/nginx/scgi;
			server {
				listen 127.0.0.1:$((port + 2));
				root $scratch/nginx/files;
			}
		}
	CONF
	taskset -c 0 nginx -p "$scratch/nginx" -c "$scratch/nginx/nginx.conf" 2>/dev/null &
	nginx=$!
	sleep 0.5
}

# reference NAME ARGUMENTS: measures what a row is held against, and prints a JSON
# object; fails when that is not there.
reference() {
	case $1 in
	yardstick)
		local raw=''
		[[ $2 == append* ]] && raw=--raw
		# shellcheck disable=SC2046,SC2086 # arguments are words
		load $(timed "$2") $raw --url "http://127.0.0.1:$((port + 1))" --pid "$yardstick"
		;;
	nginx)
		[ -n "$nginx" ] || return 1
		# shellcheck disable=SC2046
		load $(timed catchup) --raw --url "http://127.0.0.1:$((port + 2))/file"
		;;
	esac
}

# emit LINE: writes a line of the table
emit() { echo "$1" | tee -a "$scratch/table"; }

# verdict VALUE OPERATOR WANTED
verdict() { awk -v x="$1" -v y="$3" "BEGIN { print (x $2 y) ? \"yes\" : \"no\" }"; }

before='' # medians of the row before, one "FIGURE VALUE" on a line

# row PART WHAT TIER ARGUMENTS WANTED
row() {
	local what=$2 tier=$3 arguments=$4 wanted=$5 other='' run want name value
	if [[ $arguments == *@half* ]]; then
		value=$(awk '$1 == "per_second" { print $2 }' <<<"$before")
		[ -n "$value" ] || return 0
		arguments=${arguments//@half/$(calc "int($value / 2)")}
		what="$what ($(calc "int($value / 2)")/s)"
	fi
	arguments=${arguments//@conns/$crowd}
	what=${what//@conns/$crowd}
	case $wanted in
	*/yardstick*) other=yardstick && start_yardstick ;;
	*/nginx*) other=nginx && { start_nginx || say "nginx is not installed: rows of catch-up have no ratio"; } ;;
	esac

	: >"$scratch/runs"
	: >"$scratch/references"
	for ((run = 1; run <= repeats; run++)); do
		say "$tier: $what ($run of $repeats)"
		rm -rf "$data"
		start_server "$tier"
		# shellcheck disable=SC2046
		load $(timed "$arguments") --url "http://127.0.0.1:$port" --pid "$server" >>"$scratch/runs" ||
			say "there were errors: $(tail -1 "$scratch/runs")"
		stop_server
		[ -z "$other" ] || reference "$other" "$arguments" >>"$scratch/references" || true
	done

	local medians=''
	for want in $wanted; do
		name=${want%%[/<>]*}
		value=$(values "$name" <"$scratch/runs" | median)
		[ -n "$value" ] || { emit "| $what | $tier | $name: not measured | | |" && continue; }
		medians+="$name $value"$'\n'
		judge "$what" "$tier" "$name" "$value" "${want#"$name"}"
	done
	before=$medians
}

# values NAME: that figure in each JSON object on standard input
values() { while read -r line; do figure "$1" "$line"; done; }

# judge WHAT TIER NAME VALUE WANT: writes the line of one figure. WANT is what
# follows its name.
judge() {
	local value=$4 want=$5 shown other='' base ratio
	shown="$(round "$value") $3"
	if [[ $want == /* ]]; then
		other=${want#/}
		other=${other%%[<>]*}
		want=${want#"/$other"}
		case $other in
		before) base=$(awk -v name="$3" '$1 == name { print $2 }' <<<"$before") ;;
		*) base=$(values "$3" <"$scratch/references" | median) ;;
		esac
		if [ -z "$base" ]; then
			emit "| $1 | $2 | $shown | ${want:0:2} ${want:2} of $other | no $other |"
			return
		fi
		ratio=$(calc "$value / $base")
		shown="$shown; $(round "$ratio") of $other ($(round "$base"))"
		value=$ratio
	fi
	local goal="${want:0:2} ${want:2}${other:+ of $other}"
	[ "$want" != '>=0' ] || goal=''
	emit "| $1 | $2 | $shown | $goal | ${goal:+$(verdict "$value" "${want:0:2}" "${want:2}")} |"
}

# seconds_since NANOSECONDS
seconds_since() { calc "($(date +%s%N) - $1) / 1e9"; }

# stored TIER: many streams on disk, and a thousand that are used
stored() {
	local began took out
	say "$1: $streams stored streams"
	rm -rf "$data"
	start_server "$1"
	load create --count "$streams" --url "http://127.0.0.1:$port" >/dev/null
	stop_server
	began=$(date +%s%N)
	start_server "$1"
	took=$(seconds_since "$began")
	judge "start with $streams stored streams" "$1" seconds "$took" '<=3'
	out=$(load append --streams 1000 --duration "${seconds}s" --url "http://127.0.0.1:$port" --pid "$server") ||
		say "there were errors: $out"
	stop_server
	judge "$streams stored streams, 1,000 of them new and active" "$1" server_anonymous_after_mib \
		"$(figure server_anonymous_after_mib "$out")" '<=256'
}

# recovery TIER: a start after kill -9 in the middle of appends. Checkpoints bound
# the log, so the time is held against that of 1 GiB by its size, or 100 MiB when
# there was a checkpoint just before.
recovery() {
	local began took mib loader
	say "$1: recovery"
	rm -rf "$data"
	start_server "$1"
	load append --streams 100 --size 64KiB --duration "${seconds}s" --url "http://127.0.0.1:$port" >/dev/null 2>&1 &
	loader=$!
	sleep "$seconds"
	kill -9 "$server"
	wait "$server" 2>/dev/null || true
	wait "$loader" 2>/dev/null || true
	mib=$(du -sm "$data/file/wal" | cut -f1)
	began=$(date +%s%N)
	start_server "$1"
	took=$(seconds_since "$began")
	stop_server
	judge "recovery of a log of $mib MiB" "$1" seconds "$took" \
		"<=$(round "$(calc "10 * ($mib > 100 ? $mib : 100) / 1024")")"
}

command -v taskset >/dev/null || fail "taskset is missing; install util-linux"
[ "$(nproc)" -ge 2 ] || fail "two cores are needed, one for the server and one for the load"
[ -x "$weir" ] || go build -o "$weir" ./cmd/weir
files=$(ulimit -Hn)
[ "$files" != unlimited ] || files=1000000
crowd=$((files < 51000 ? files - 1000 : 50000))
ulimit -Sn "$(ulimit -Hn)"

emit "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(nproc) cores, Linux $(uname -r), $("$weir" version)"
emit "Server on core 0, load on core 1; medians of $repeats runs of $seconds s. Command: \`${spin:+BENCH_SPIN=1 }make bench\`."
emit ''
emit '| what | tier | measured | wanted | met |'
emit '| --- | --- | --- | --- | --- |'
while IFS='|' read -r part what tier arguments wanted; do
	read -r part <<<"$part"
	if [ -z "$part" ] || ! selected "$part"; then continue; fi
	read -r what <<<"$what"
	read -r tier <<<"$tier"
	read -r arguments <<<"$arguments"
	read -r wanted <<<"$wanted"
	row "$part" "$what" "$tier" "$arguments" "$wanted" </dev/null
done <<<"$matrix"
for tier in file-fast file-durable; do
	! selected stored || stored "$tier"
	! selected recovery || recovery "$tier"
done
cat "$scratch/table" >"$result"
