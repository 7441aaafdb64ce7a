# check       inner loop: build, vet, unit tests, a sample of the laboratory
# test        everything: lint, race, fuzz seeds and a few seconds of fuzzing, the
#             durability laboratory, the whole-system tests with real clients;
#             installs what they need
# lint        gofmt, go vet, staticcheck, import directions
# fuzz        every fuzz target for FUZZTIME (default 1m)
# lab         crash points, failing calls and flipped bits, without the race
#             detector and therefore many more of them than unit has
# kill        the built server under load, killed KILLS times in each mode
# faults      deliberate faults that lab and the unit tests have to notice
# bench       the matrix of measurements; nothing else should run meanwhile
# test-postgres-all
#             every scenario with Postgres, in its long form; hours
# crash-hunt  random crash points from SEEDS seeds (default 1000)

FUZZTIME ?= 1m
SEEDS ?= 1000
KILLS ?= 60
HISTORIES ?= 25
STATICCHECK = bin/staticcheck

.PHONY: check test unit lab kill faults test-postgres-all crash-hunt bench e2e lint fuzz setup

check:
	go build ./...
	go vet ./...
	go test -short ./...

test: setup lint unit lab
	$(MAKE) fuzz FUZZTIME=2s
	$(MAKE) kill e2e faults

unit:
	go test -race -timeout 10m ./...

lab:
	cd stream/crashlab && go test -count=1 -timeout 15m
	go test -count=1 -timeout 15m -run 'Bit|Flip|WholeFile|MissingFiles' ./store/filestore ./store/acidstore

crash-hunt:
	cd stream/crashlab && go test -count=1 -timeout 0 -v -run TestRandom -crash.seeds=$(SEEDS)

kill:
	cd e2e/kill && go test -count=1 -timeout 3h -kills=$(KILLS) -histories=$(HISTORIES)

faults:
	cd e2e && go test -count=1 -timeout 30m ./faults

test-postgres-all: setup
	cd e2e && WEIR_POSTGRES_ALL=1 go test -count=1 -timeout 12h -v ./postgres/...

bench:
	@e2e/bench.sh bench-results.md

# The published suite has tests that depend on time, so the whole runs without the
# race detector, and the concurrent parts once more with it. What is timed, behind
# nginx and in floods, runs by itself. What is tested is built by the tests
# themselves, so a cached result would say nothing of it.
e2e: setup
	cd e2e && go test -count=1 -timeout 20m . ./houserules ./internal/... ./kill/ledger ./kill/onestream ./docker/... ./dashboards ./postgres/...
	cd e2e && go test -count=1 -timeout 10m ./nginx
	cd e2e && go test -count=1 -timeout 10m ./flood
	cd e2e && go test -count=1 -race -timeout 10m -run 'TestCrash|TestConcurrent' .

setup:
	@e2e/setup.sh

lint: $(STATICCHECK)
	@out=$$(gofmt -l $$(find . -name '*.go' -not -path '*/node_modules/*')); \
		if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi
	go vet ./...
	cd e2e && go vet ./...
	$(STATICCHECK) ./...
	cd e2e && ../$(STATICCHECK) ./...
	cd e2e && go test ./houserules

$(STATICCHECK): e2e/go.mod
	cd e2e && go build -o ../$(STATICCHECK) honnef.co/go/tools/cmd/staticcheck

fuzz:
	@e2e/fuzz.sh $(FUZZTIME)
