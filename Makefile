# check  inner loop: build, vet, unit tests
# test   everything: lint, race, fuzz seeds and a few seconds of fuzzing, the
#        whole-system tests with real clients; installs what they need
# lint   gofmt, go vet, staticcheck, import directions
# fuzz   every fuzz target for FUZZTIME (default 1m)

FUZZTIME ?= 1m
STATICCHECK = bin/staticcheck

.PHONY: check test unit e2e lint fuzz setup

check:
	go build ./...
	go vet ./...
	go test ./...

test: setup lint unit
	$(MAKE) fuzz FUZZTIME=5s
	$(MAKE) e2e

unit:
	go test -race -timeout 10m ./...

# The published suite has tests that depend on time, so the whole runs without the
# race detector, and the concurrent parts once more with it. What is tested is
# built by the tests themselves, so a cached result would say nothing of it.
e2e: setup
	cd e2e && go test -count=1 -timeout 20m ./...
	cd e2e && go test -count=1 -race -timeout 10m -run 'TestCrash|TestConcurrent' .

setup:
	@e2e/setup.sh

lint: $(STATICCHECK)
	@out=$$(gofmt -l cmd e2e/*.go e2e/houserules e2e/internal limits sse store stream); \
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
