package dockerfile

import (
	"slices"
	"strings"
)

// shellForm reports whether a program would be started by a shell.
func shellForm(i Instruction) bool {
	switch i.Name {
	case "HEALTHCHECK":
		if i.Args == "NONE" {
			return false
		}
		rest, ok := strings.CutPrefix(i.Args, "CMD ")
		i.Args = rest
		if !ok {
			return true
		}
	case "CMD", "ENTRYPOINT":
	default:
		return false
	}
	_, ok := i.Exec()
	return !ok
}

func relativeWorkdir(i Instruction) bool {
	return i.Name == "WORKDIR" && !strings.HasPrefix(i.Args, "/") && !strings.HasPrefix(i.Args, "$")
}

// runs finds RUN instructions that call a program.
func runs(program string) func(Instruction) bool {
	return func(i Instruction) bool {
		return i.Name == "RUN" && slices.ContainsFunc(commands(i.Args), func(c []string) bool { return c[0] == program })
	}
}

// untidyApt finds installations that ask, take more than was named, or leave the lists of
// packages in the layer.
func untidyApt(i Instruction) bool {
	if i.Name != "RUN" {
		return false
	}
	installs, tidy, cleaned := false, true, false
	for _, c := range commands(i.Args) {
		switch {
		case c[0] == "apt-get" && slices.Contains(c, "install"):
			installs = true
			tidy = tidy && slices.Contains(c, "-y") && slices.Contains(c, "--no-install-recommends")
		case c[0] == "rm" && slices.Contains(c, "/var/lib/apt/lists/*"):
			cleaned = true
		}
	}
	return installs && !(tidy && cleaned)
}

// hiddenFailure finds pipes in a shell that looks at the last program only.
func hiddenFailure(i Instruction) bool {
	if i.Name != "RUN" || strings.Contains(i.Args, "pipefail") {
		return false
	}
	return strings.Contains(strings.ReplaceAll(i.Args, "||", ""), "|")
}

// secret finds variables whose name says that they should not be kept.
func secret(i Instruction) bool {
	if i.Name != "ENV" && i.Name != "ARG" {
		return false
	}
	for _, word := range strings.Fields(i.Args) {
		name, value, set := strings.Cut(word, "=")
		name = strings.ToUpper(name)
		if set && value == "" {
			continue
		}
		for _, sign := range []string{"PASSWORD", "SECRET", "TOKEN", "API_KEY"} {
			if strings.Contains(name, sign) {
				return true
			}
		}
	}
	return false
}

// commands parts a shell line at its operators, each command in words, without the
// variables that are set before it. Quotes are not looked at.
func commands(line string) [][]string {
	var found [][]string
	separate := strings.NewReplacer("&&", "\n", "||", "\n", ";", "\n", "|", "\n", "(", "\n", ")", "\n")
	for part := range strings.SplitSeq(separate.Replace(line), "\n") {
		words := strings.Fields(part)
		for len(words) > 0 && strings.Contains(words[0], "=") {
			words = words[1:]
		}
		if len(words) > 0 {
			found = append(found, words)
		}
	}
	return found
}
