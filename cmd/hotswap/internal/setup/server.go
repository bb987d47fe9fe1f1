package setup

import (
	"io/fs"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

// Server returns the development server that a command runs and that reloads its own sources, also by a script of
// package.json; nil: the command runs none that is known. The command runs in the folder of files.
func Server(files fs.FS, argv []string) *rules.Server {
	return newProject(files).server(join(plainWords(argv)))
}

// server looks for one in a shell script. The commands before the last have ended when that runs, so it alone counts;
// beside other programs the server is not all that hotswap runs.
func (p *project) server(text string) *rules.Server {
	commands, ok := split(text)
	p.followed++
	if !ok || p.followed > followLimit {
		return nil
	}
	for _, c := range commands[1:] {
		if c.Operator != "&&" && c.Operator != ";" {
			return nil
		}
	}
	words := commands[len(commands)-1].Words
	for n := len(words); n > 0; n-- { // npm run dev -- --port 3000
		if script := p.manifest.Scripts[scriptOf(words[:n])]; script != "" {
			return p.server(script)
		}
	}
	for _, at := range programs(words) {
		var args []string
		for _, w := range words[at+1:] {
			args = append(args, w.Text)
		}
		name := base(words[at])
		if scripted().MatchString(name) && len(args) == 2 && args[0] == "-c" {
			return p.server(args[1])
		}
		if s := rules.ServerOf(name, args); s != nil {
			return s
		}
	}
	return nil
}
