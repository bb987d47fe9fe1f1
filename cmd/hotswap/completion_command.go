package main

import (
	"context"
	"io"

	"github.com/urfave/cli/v2"
)

// completionCommand prints a script by which bash completes sub-commands and options. The
// library answers what the script asks.
func completionCommand(std streams) *cli.Command {
	return subCommand("completion", `complete options in bash: eval "$(hotswap completion)"`, nil, func(context.Context) error {
		_, err := io.WriteString(std.out, bashCompletion)
		return err
	})
}

// bashCompletion asks nothing behind "--", where hotswap would run the program. It has no
// tabs, because hotswap escapes control characters.
const bashCompletion = `_hotswap() {
  local i current=${COMP_WORDS[COMP_CWORD]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == -- ]] && return
  done
  local words=("${COMP_WORDS[@]:0:COMP_CWORD}")
  [[ $current == -* ]] && words+=("${current/#--/-}") # "--" alone would end the options
  COMPREPLY=($(compgen -W "$("${words[@]}" --generate-bash-completion 2>/dev/null)" -- "$current"))
}
complete -o bashdefault -o default -F _hotswap hotswap
`
