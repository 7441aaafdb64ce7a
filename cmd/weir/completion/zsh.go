package completion

import (
	"fmt"
	"strings"
)

// zsh returns the script for zsh 5 and later, with explanations. It works as a file
// called _weir in fpath, which zsh loads when it is needed, and when it is sourced.
func zsh(commands []Command) string {
	var b strings.Builder
	b.WriteString(`#compdef weir
# zsh completion for weir; load it with: source <(weir completion zsh)

_weir() {
    local -a commands flags words_here
    if (( CURRENT == 2 )); then
        commands=(
`)
	for _, c := range commands {
		fmt.Fprintf(&b, "            %s\n", described(c.Name, c.About))
	}
	b.WriteString(`        )
        _describe command commands
        return
    fi
    case ${words[2]} in
`)
	for _, c := range commands {
		c.zshCase(&b)
	}
	b.WriteString(`    esac
    if [[ $PREFIX == -* ]]; then
        _describe -o flag flags
    elif (( CURRENT == 3 && ${#words_here[@]} )); then
        _describe argument words_here
    else
        _files
    fi
}

if [[ ${funcstack[1]} == _weir ]]; then
    _weir "$@"
else
    compdef _weir weir
fi
`)
	return b.String()
}

// zshCase writes what is known of the arguments of a command, if anything is.
func (c Command) zshCase(b *strings.Builder) {
	if len(c.Flags) == 0 && len(c.Words) == 0 {
		return
	}
	fmt.Fprintf(b, "        %s)\n", c.Name)
	if len(c.Flags) > 0 {
		b.WriteString("            flags=(\n")
		for _, f := range c.Flags {
			fmt.Fprintf(b, "                %s\n", described(f.Name, f.About))
		}
		b.WriteString("            )\n")
	}
	if len(c.Words) > 0 {
		fmt.Fprintf(b, "            words_here=(%s)\n", strings.Join(c.Words, " "))
	}
	b.WriteString("            ;;\n")
}

// described is a word with its explanation, as _describe reads it.
func described(word, about string) string {
	return quote(strings.ReplaceAll(word, ":", `\:`) + ":" + about)
}
