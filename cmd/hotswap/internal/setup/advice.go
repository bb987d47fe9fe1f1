package setup

import (
	"io/fs"
	"strings"
)

// Advice says in one line what to write instead of a command that watches files itself; "" if the
// command does not. The command runs in the folder of files.
func Advice(files fs.FS, argv []string) string {
	text := join(plainWords(argv))
	p, _ := newProject(files)
	h := p.inText(text)
	if h == nil {
		if commands, ok := split(text); ok && runsHotswap(p.manifest.Scripts[scriptOf(commands[0].words)]) {
			return text + " runs hotswap itself; start it without hotswap before it"
		}
		return ""
	}
	says := h.Watcher
	if !strings.HasPrefix(text, says) {
		says = text + " runs " + says + ", which"
	}
	says += " restarts the program itself, and the port is closed meanwhile; "
	write := "hotswap " + asOptions(h.Found) + "-- " + asArguments(h.Command)
	switch {
	case h.Refuse != "":
		return says + h.Refuse
	case h.whole:
		return says + "write: " + write
	}
	return says + "in the script that has " + h.old + " write " + write + " instead, and start that script without hotswap"
}

// asArguments returns a command for a shell as the arguments of hotswap, which has no shell.
func asArguments(command string) string {
	commands, ok := split(command)
	switch {
	case !ok || len(commands) > 1:
		return "sh -c " + quote(command)
	case assigns(commands[0].words[0]):
		return "env " + command
	}
	return command
}

// asOptions returns the keys and steps as options of the command line, with a space behind them.
func asOptions(f *Found) string {
	var b strings.Builder
	for _, k := range f.Keys {
		for _, v := range k.Values {
			b.WriteString("--" + k.Name + " ")
			if v != "true" {
				b.WriteString(quote(v) + " ")
			}
		}
	}
	for _, step := range f.Steps {
		b.WriteString("--build " + quote(step) + " ")
	}
	return b.String()
}
