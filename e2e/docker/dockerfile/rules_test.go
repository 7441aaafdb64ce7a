package dockerfile_test

import (
	"testing"

	"github.com/weirstreams/weir/e2e/docker/dockerfile"
)

// end is what a Dockerfile that breaks no rule ends with.
const end = `USER 65532:65532
HEALTHCHECK --timeout=6s CMD ["/a", "health"]
ENTRYPOINT ["/a"]
`

const good = `ARG BASE=none
FROM registry.example:5000/golang:1.26 AS build
WORKDIR /src
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
RUN set -o pipefail; a | b || c
ARG TOKEN=
FROM build AS check
FROM scratch
COPY --from=build /a /a
` + end

// breaches are Dockerfiles that each break one rule alone.
var breaches = []struct{ rule, text string }{
	{"pinned-base", "FROM debian\n" + end},
	{"pinned-base", "FROM debian:latest\n" + end},
	{"pinned-base", "FROM registry.example:5000/debian\n" + end},
	{"known-stage", "FROM a:1 AS one\nFROM scratch\nCOPY --from=0 /a /a\n" + end},
	{"known-stage", "FROM scratch\nCOPY --from=one /a /a\n" + end},
	{"known-stage", "FROM a:1\nFROM scratch\n" + end},
	{"no-add", "FROM scratch\nADD a /a\n" + end},
	{"no-maintainer", "FROM scratch\nMAINTAINER somebody\n" + end},
	{"user", "FROM scratch\n" + end + "USER root\n"},
	{"user", "FROM scratch\n" + end + "USER 0:0\n"},
	{"user", "FROM scratch\n" + end + "USER weir\n"},
	{"user", "FROM scratch\nHEALTHCHECK CMD [\"/a\"]\n"},
	{"exec-form", "FROM scratch\nCMD serve\n" + end},
	{"exec-form", "FROM scratch\nUSER 1\nHEALTHCHECK CMD /a health\n"},
	{"exec-form", "FROM scratch\nUSER 1\nHEALTHCHECK /a health\n"},
	{"exec-form", "FROM scratch\nUSER 1\nHEALTHCHECK NONE\nENTRYPOINT /a\n"},
	{"once", "FROM scratch\nENTRYPOINT [\"/b\"]\n" + end},
	{"healthcheck", "FROM scratch\nUSER 1\n"},
	{"absolute-workdir", "FROM scratch\nWORKDIR src\n" + end},
	{"no-sudo", "FROM scratch\nRUN a && X=1 sudo b\n" + end},
	{"no-cd", "FROM scratch\nRUN cd /a && b\n" + end},
	{"apt", "FROM scratch\nRUN apt-get install -y --no-install-recommends git\n" + end},
	{"apt", "FROM scratch\nRUN apt-get install --no-install-recommends git && rm -rf /var/lib/apt/lists/*\n" + end},
	{"apt", "FROM scratch\nRUN apt-get install -y git && rm -rf /var/lib/apt/lists/*\n" + end},
	{"no-apt", "FROM scratch\nRUN apt install git\n" + end},
	{"pipefail", "FROM scratch\nRUN a | b\n" + end},
	{"no-secrets", "FROM scratch\nENV DB_PASSWORD=x\n" + end},
	{"no-secrets", "FROM scratch\nARG api_token\n" + end},
}

func TestLintFindsEachBreach(t *testing.T) {
	tried := make(map[string]bool)
	for _, b := range breaches {
		tried[b.rule] = true
		found, err := dockerfile.Lint(b.text)
		if err != nil {
			t.Errorf("%q: %v", b.text, err)
			continue
		}
		if len(found) != 1 || found[0].Rule != b.rule {
			t.Errorf("%q: got %v, want one finding of %s", b.text, found, b.rule)
		}
	}
	for _, r := range dockerfile.Rules() {
		if !tried[r.Name] {
			t.Errorf("rule %s has no example that breaks it", r.Name)
		}
	}
}

func TestLintLeavesGoodOnesAlone(t *testing.T) {
	found, err := dockerfile.Lint(good)
	if err != nil || len(found) != 0 {
		t.Errorf("got %v, %v, want nothing", found, err)
	}
}
