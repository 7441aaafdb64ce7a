package dockerfile

import (
	"fmt"
	"slices"
	"strings"
)

// Finding is one place where a rule is broken.
type Finding struct {
	Line int
	Rule string // its name in [Rules]
	Text string
}

func (f Finding) String() string { return fmt.Sprintf("line %d: %s: %s", f.Line, f.Rule, f.Text) }

// Rule is something that every Dockerfile keeps to.
type Rule struct {
	Name, Text string
	// broken returns the lines that break it.
	broken func(stages []Stage) []int
}

// Rules returns all rules, the best known of those that hadolint has.
func Rules() []Rule {
	return []Rule{
		{"pinned-base", "name the base image with a tag that is not latest, or a digest", unpinned},
		{"known-stage", "name a stage, and copy from it by that name", unknownStages},
		{"no-add", "use COPY: ADD unpacks and downloads", each(named("ADD"))},
		{"no-maintainer", "use a label: MAINTAINER is gone", each(named("MAINTAINER"))},
		{"user", "end with a numeric USER that is not root, so that Kubernetes can check it", rootUser},
		{"exec-form", "write CMD, ENTRYPOINT and HEALTHCHECK as JSON arrays: a shell does not pass signals on", each(shellForm)},
		{"once", "CMD, ENTRYPOINT and HEALTHCHECK count once in a stage", repeated},
		{"healthcheck", "have a HEALTHCHECK in the last stage", noHealthcheck},
		{"absolute-workdir", "WORKDIR is an absolute path", each(relativeWorkdir)},
		{"no-sudo", "RUN is root already, or sets USER", each(runs("sudo"))},
		{"no-cd", "use WORKDIR instead of cd", each(runs("cd"))},
		{"apt", "apt-get install with -y and --no-install-recommends, and rm -rf /var/lib/apt/lists/* in the same RUN", each(untidyApt)},
		{"no-apt", "use apt-get: the output of apt is for people", each(runs("apt"))},
		{"pipefail", "set -o pipefail, or a pipe hides its first failure", each(hiddenFailure)},
		{"no-secrets", "ENV and ARG stay in the image's history: mount secrets", each(secret)},
	}
}

// Lint returns every breach of the rules in a Dockerfile.
func Lint(text string) ([]Finding, error) {
	all, err := Parse(text)
	if err != nil {
		return nil, err
	}
	stages, err := Stages(all)
	if err != nil {
		return nil, fmt.Errorf("part Dockerfile into stages: %w", err)
	}
	var found []Finding
	for _, r := range Rules() {
		for _, line := range r.broken(stages) {
			found = append(found, Finding{line, r.Name, r.Text})
		}
	}
	return found, nil
}

// each makes a rule of what is wrong with single instructions.
func each(wrong func(Instruction) bool) func([]Stage) []int {
	return func(stages []Stage) (lines []int) {
		for _, s := range stages {
			for _, i := range s.Instructions {
				if wrong(i) {
					lines = append(lines, i.Line)
				}
			}
		}
		return lines
	}
}

func named(name string) func(Instruction) bool {
	return func(i Instruction) bool { return i.Name == name }
}

// unpinned finds bases that may be another image tomorrow.
func unpinned(stages []Stage) (lines []int) {
	for n, s := range stages {
		earlier := slices.ContainsFunc(stages[:n], func(e Stage) bool { return e.Name == s.Base })
		if s.Base == "scratch" || earlier || strings.Contains(s.Base, "@sha256:") {
			continue
		}
		path := s.Base[strings.LastIndex(s.Base, "/")+1:] // a registry may have a port
		if _, tag, _ := strings.Cut(path, ":"); tag == "" || tag == "latest" {
			lines = append(lines, s.Line)
		}
	}
	return lines
}

// unknownStages finds copies from a stage by number or by a name that no earlier stage
// has, and stages that nobody could copy from.
func unknownStages(stages []Stage) (lines []int) {
	for n, s := range stages {
		if n < len(stages)-1 && s.Name == "" {
			lines = append(lines, s.Line)
		}
		for _, i := range s.All("COPY") {
			from, ok := i.Flag("from")
			if ok && !slices.ContainsFunc(stages[:n], func(e Stage) bool { return e.Name == from }) {
				lines = append(lines, i.Line)
			}
		}
	}
	return lines
}

// rootUser finds a last stage that ends as root, or as a name that may be root.
func rootUser(stages []Stage) []int {
	last := stages[len(stages)-1]
	i, ok := last.Last("USER")
	if !ok {
		return []int{last.Line}
	}
	user, _, _ := strings.Cut(i.Args, ":")
	if strings.Trim(user, "0123456789") != "" || strings.Trim(user, "0") == "" {
		return []int{i.Line}
	}
	return nil
}

// repeated finds instructions of which the last takes the place of the others.
func repeated(stages []Stage) (lines []int) {
	for _, s := range stages {
		for _, name := range []string{"CMD", "ENTRYPOINT", "HEALTHCHECK"} {
			if all := s.All(name); len(all) > 1 {
				lines = append(lines, all[1].Line)
			}
		}
	}
	return lines
}

func noHealthcheck(stages []Stage) []int {
	last := stages[len(stages)-1]
	if _, ok := last.Last("HEALTHCHECK"); !ok {
		return []int{last.Line}
	}
	return nil
}
