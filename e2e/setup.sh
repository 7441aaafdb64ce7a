#!/bin/sh
# Installs what the end-to-end tests need: the pinned node packages, and Chromium,
# nginx and Postgres where apt-get can. Does nothing when everything is there. Needs no
# terminal; prints what is missing where it cannot help.
set -eu
cd "$(dirname "$0")"

have() {
	command -v "$1" >/dev/null 2>&1
}

# quietly COMMAND...: shows the command's output only if it fails.
quietly() {
	log=$(mktemp)
	if "$@" >"$log" 2>&1; then
		rm -f "$log"
		return 0
	fi
	cat "$log" >&2
	rm -f "$log"
	return 1
}

fail() {
	echo "e2e/setup.sh: $*" >&2
	exit 1
}

install_packages() {
	installed=node_modules/.installed-lock.json
	if cmp -s package-lock.json "$installed"; then
		return
	fi
	have node && have npm || fail "install Node.js 20 or newer with npm"
	echo "e2e: installing node packages (npm ci)"
	quietly npm ci --no-audit --no-fund || fail "npm ci failed"
	cp package-lock.json "$installed"
}

have_chromium() {
	have chromium || have chromium-browser || have google-chrome || have google-chrome-stable
}

# /usr/sbin is not on everybody's path.
have_nginx() {
	have nginx || [ -x /usr/sbin/nginx ]
}

# Debian keeps the server's programs off the path, one folder for each version.
have_postgres() {
	have initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

# install_debian PACKAGE
install_debian() {
	if [ "$(id -u)" != 0 ] || ! have apt-get; then
		fail "install $1, for example: sudo apt-get update && sudo apt-get install -y $1"
	fi
	echo "e2e: installing $1 (apt-get)"
	export DEBIAN_FRONTEND=noninteractive
	quietly apt-get update || fail "apt-get update failed"
	quietly apt-get install -y --no-install-recommends "$1" || fail "apt-get install -y $1 failed"
}

install_packages
have_chromium || install_debian chromium
have_nginx || install_debian nginx-light
have_postgres || install_debian postgresql
