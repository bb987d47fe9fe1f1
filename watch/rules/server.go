package rules

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Server is a development server that takes changes of its own sources, without a new process. Such a server itself
// watches more than a list of names could say: every file counts as its own but those that it reads only when it
// starts.
type Server struct {
	Name  string   // the program, and the words behind it that make it a server
	Reads []string // globs of the files that it reads only when it starts, at any depth
}

// servers are those that hotswap knows. docs/languages.md says for each where its facts come from. Vite starts again
// inside its process for vite.config.* and .env*, and so do the frameworks that are plugins of Vite, for their files,
// too.
var servers = []struct{ names, reads string }{
	{"vite, react-router dev, remix vite:dev", "package.json postcss.config.* .postcssrc*"},
	{"astro dev", "postcss.config.* .postcssrc*"},
	{"next dev, nuxt dev, nuxi dev", "package.json"},
	{"wrangler dev, wrangler pages dev", "package.json .env* .dev.vars*"},
	{"ng serve", "package.json angular.json proxy.conf.* tsconfig*.json postcss.config.json .postcssrc.json"},
	{"storybook dev",
		"package.json .storybook/{main,manager,manager-head,preview-head,preview-body}.* vite.config.* .env*"},
	{"webpack serve", "package.json webpack.*.* babel.config.* tsconfig*.json .env*"},
	{"react-scripts start", "package.json setupProxy.js tsconfig.json jsconfig.json .env*"},
	{"bun --hot", "package.json bunfig.toml tsconfig*.json .env*"},
}

// ServerOf returns the development server that a program with these arguments is; nil: it is none that is known.
func ServerOf(program string, args []string) *Server {
	for _, s := range servers {
		for full := range strings.SplitSeq(s.names, ", ") {
			name, verb, _ := strings.Cut(full, " ")
			if name == program && serves(name, verb, args) {
				return &Server{full, strings.Fields(s.reads)}
			}
		}
	}
	return nil
}

// serves reports whether the arguments are those of a server: they begin with the words that make the program one.
// Vite needs no such word, and Bun's option stands somewhere before the script.
func serves(name, verb string, args []string) bool {
	for _, arg := range args {
		switch {
		case name == "vite" && (arg == "build" || arg == "preview" || arg == "optimize"):
			return false
		case name == "bun" && arg == verb:
			return true
		case name == "bun" && arg != "run" && !strings.HasPrefix(arg, "-"):
			return false
		}
	}
	return name != "bun" && strings.HasPrefix(strings.Join(args, " ")+" ", strings.TrimPrefix(verb+" ", " "))
}

// reads reports whether the server reads p only when it starts.
func (s *Server) reads(p string) bool {
	return s != nil && slices.ContainsFunc(s.Reads, func(glob string) bool {
		return doublestar.MatchUnvalidated("/**/"+glob, p)
	})
}
