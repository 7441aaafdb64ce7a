package completion

import (
	"fmt"
	"strings"
)

// bash returns the script for bash 4 and later. Where it offers nothing, bash
// falls back on files.
func bash(commands []Command) string {
	var b strings.Builder
	b.WriteString(`# bash completion for weir; load it with: source <(weir completion bash)

_weir() {
    local word=${COMP_WORDS[COMP_CWORD]} flags= words=
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        words=` + quote(names(commands)) + `
        COMPREPLY=($(compgen -W "$words" -- "$word"))
        return
    fi
    case ${COMP_WORDS[1]} in
`)
	for _, c := range commands {
		c.bashCase(&b)
	}
	b.WriteString(`    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$flags" -- "$word"))
    elif ((COMP_CWORD == 2)); then
        COMPREPLY=($(compgen -W "$words" -- "$word"))
    fi
}

complete -o default -F _weir weir
`)
	return b.String()
}

// bashCase writes what is known of the arguments of a command, if anything is.
func (c Command) bashCase(b *strings.Builder) {
	if len(c.Flags) == 0 && len(c.Words) == 0 {
		return
	}
	fmt.Fprintf(b, "        %s)\n", c.Name)
	if len(c.Flags) > 0 {
		var flags []string
		for _, f := range c.Flags {
			flags = append(flags, f.Name)
		}
		fmt.Fprintf(b, "            flags=%s\n", quote(strings.Join(flags, " ")))
	}
	if len(c.Words) > 0 {
		fmt.Fprintf(b, "            words=%s\n", quote(strings.Join(c.Words, " ")))
	}
	b.WriteString("            ;;\n")
}
