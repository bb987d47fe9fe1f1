package watcher

import (
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
)

// compilers are programs that write files, and may do so again at each change: -w is their
// --watch. For others -w may be anything, such as the number of workers of gunicorn.
var compilers = set(`tsc vue-tsc ttsc tspc tsup tsdown rollup rolldown babel swc spack sass sass-embedded node-sass lessc less-watch-compiler stylus
	postcss tailwindcss @tailwindcss/cli esbuild webpack rspack parcel rslib microbundle ncc bunchee pkgroll preconstruct gulp grunt coffee pug
	graphql-codegen graphql-code-generator relay-compiler ng-packagr api-extractor mocha jest ava`)

// watchingServers are servers that have a --watch of their own.
var watchingServers = set(`json-server caddy`)

// WatchesOnly reports whether a command in which Find has found no watcher of a server watches
// files nevertheless: it compiles or tests, and serves nothing.
func WatchesOnly(words []shell.Word) bool {
	at := Program(words)
	if at >= len(words) || watchingServers[Base(words[at])] {
		return false
	}
	compiler := false
	for _, w := range words[at:] {
		switch {
		case !w.Known:
		case w.Text == "--watch", strings.HasPrefix(w.Text, "--watch=") && w.Text != "--watch=false":
			return true
		case compiler && (w.Text == "watch" || w.Text == "-watch" || isShortWatch(w.Text)):
			return true
		case compilers[Base(w)], compilers[w.Text]: // behind node or yarn, too
			compiler = true
		}
	}
	return false
}

// isShortWatch reports whether an option is -w, alone or with others: rollup -cw.
func isShortWatch(text string) bool {
	letters, ok := strings.CutPrefix(text, "-")
	return ok && len(letters) <= 3 && strings.Contains(letters, "w") && !slices.ContainsFunc([]byte(letters), func(c byte) bool { return c < 'a' || c > 'z' })
}
