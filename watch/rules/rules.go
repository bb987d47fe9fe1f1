package rules

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// ErrPattern is wrapped by every error of [New]: a path or pattern makes no sense.
var ErrPattern = errors.New("not a pattern")

type Config struct {
	Root    string   // absolute; what relative paths and patterns are relative to
	Roots   []string // folders or files to watch, absolute or relative to Root
	Command []string // the command line to run; tells which extensions count
	Builds  []string // shell commands that build it before; tell so as well
	// argv[0] is machine code: sources of compiled languages do not count, for it does not read them
	Native bool
	// the command is one that reloads its own sources: only what it reads at its start counts; nil: it is none
	Server   *Server
	Programs []string   // files of the program itself, which count wherever they are; see the function Programs
	Files    []string   // more files that count wherever they are and whatever their kind
	Include  []string   // --watch: more paths, or doublestar globs; they override what is ignored by default
	Ignore   []string   // --ignore: lines as in a .gitignore, with {a,b} too; they override everything
	Packages []Packages // folders of installed packages, see FindPackages; their lists count

	Exists func(path string) bool // whether a path is there, which is then no pattern, as [slug]; nil: none is
	// whether one of Include does not mean a path that it matches; nil: each means all
	Except func(include, p string) bool
}

// base is a place where watching begins.
type base struct {
	path     string // absolute
	globOnly bool   // only what a glob names counts below it
	include  string // the one of Config.Include that it is; "": none, or a glob
}

// Rules decides about paths, which are absolute and clean. It is not safe for concurrent use.
type Rules struct {
	Config
	bases   []base               // longest path first
	files   map[string]bool      // named one by one
	scripts map[string]bool      // count whatever their extension
	globs   []string             // absolute doublestar patterns
	ignore  []pattern            // --ignore, relative to Root
	exts    map[string]bool      // with the dot
	sources map[string]gitFile   // folder → its .gitignore
	dirs    map[[2]string]Reason // folder and base → see descend; emptied when a .gitignore changes

	own    []base          // those of the configuration; bases has those of SetLoaded too
	loaded map[string]bool // files that count because they are loaded

	included map[string]string // by path or glob, what the user wrote
	programs []string
	commands string // which tell which extensions count
}

// New compiles the configuration. Its errors wrap ErrPattern.
func New(cfg Config) (*Rules, error) {
	if !filepath.IsAbs(cfg.Root) {
		return nil, fmt.Errorf("root %q: %w: must be absolute", cfg.Root, ErrPattern)
	}
	cfg.Root = path.Clean(cfg.Root)
	r := &Rules{
		Config: cfg, files: make(map[string]bool), scripts: make(map[string]bool),
		sources: make(map[string]gitFile), dirs: make(map[[2]string]Reason), exts: cfg.kinds().extensions(),
		included: make(map[string]string),
		commands: strings.Join(append([]string{strings.Join(cfg.Command, " ")}, cfg.Builds...), ", "),
	}
	for _, p := range slices.Concat(cfg.Roots, cfg.Files) {
		r.addBase(base{path: r.abs(p)})
	}
	for _, p := range cfg.Include {
		if err := r.include(p); err != nil {
			return nil, err
		}
	}
	for _, p := range cfg.Ignore {
		if err := r.addIgnore(p); err != nil {
			return nil, err
		}
	}
	for _, p := range cfg.Programs {
		if cfg.Server != nil && !environment(path.Base(p)) {
			continue // its script, or the file that an option names, is its own
		}
		p = r.abs(p)
		r.programs = append(r.programs, p)
		if len(cfg.Builds) > 0 && Within(p, r.Root) {
			r.scripts[p] = true // if it is ignored, it is rather what the build makes
		} else {
			r.addProgram(p)
		}
	}
	r.own = r.bases
	r.SetLoaded(nil, nil)
	return r, nil
}

func (r *Rules) abs(p string) string { return path.Clean(regular.Absolute(p, r.Root)) }

func (r *Rules) addBase(b base) {
	r.bases = append(r.bases, b)
	if !b.globOnly {
		r.files[b.path] = true
	}
}

// Literal makes a pattern of a name, which may have such characters of its own.
var Literal = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`, `{`, `\{`, `}`, `\}`)

// Either makes a pattern match also what has its sets or alternatives as its name, such as Next's folder [slug].
func Either(glob string) string {
	return groups().ReplaceAllStringFunc(glob, func(s string) string {
		if s[0] != '\\' {
			s = "{" + s + "," + strings.ReplaceAll(Literal.Replace(s), ",", `\,`) + "}"
		}
		return s
	})
}

var groups = lazy.Pattern(`\\.|\[+[^][/\\,{}]+\]+|\{[^][/\\{}]*\}`)

// isPath reports whether p is the path of what is there, also if p has the characters of a pattern.
func (r *Rules) isPath(p string) bool { return r.Exists != nil && r.Exists(r.abs(p)) }

func (r *Rules) include(p string) error {
	if !strings.ContainsAny(p, "*?[{") || r.isPath(p) {
		if p == "" {
			return fmt.Errorf("watch %q: %w: empty", p, ErrPattern)
		}
		r.addBase(base{path: r.abs(p), include: p})
		r.included[r.abs(p)] = p
		return nil
	}
	glob := path.Clean(p)
	if !filepath.IsAbs(p) {
		glob = path.Join(Literal.Replace(r.Root), p)
	}
	if !doublestar.ValidatePattern(glob) {
		return fmt.Errorf("watch %q: %w", p, ErrPattern)
	}
	glob = Either(glob)
	start, _ := doublestar.SplitPattern(glob)
	start = strings.ReplaceAll(start, `\\`, `\`) // which SplitPattern leaves as they are
	r.globs = append(r.globs, glob)
	r.included[glob] = p
	r.addBase(base{path: path.Clean(start), globOnly: true})
	return nil
}

func (r *Rules) addIgnore(line string) error {
	text := line
	if r.isPath(line) {
		line = Literal.Replace(line)
	}
	if rest, ok := strings.CutPrefix(line, Literal.Replace(r.Root)+"/"); ok {
		line = "/" + rest
	} else if filepath.IsAbs(line) {
		if rel := r.rel(path.Clean(line)); !strings.HasPrefix(rel, "../") {
			line = "/" + rel
		}
	} else {
		line = strings.TrimPrefix(line, "./")
	}
	p, ok := parseLine(line, true)
	if !ok && strings.TrimSpace(line) != "" && line[0] != '#' {
		return fmt.Errorf("ignore %q: %w", line, ErrPattern)
	}
	if ok {
		p.text = text
		r.ignore = append(r.ignore, p)
	}
	return nil
}

// addProgram names the program's own file. When an interpreter runs it from a build's
// output (node dist/server.js), that output is its source. Not so for a binary or a jar:
// Rust's target folder holds thousands of other files.
func (r *Rules) addProgram(p string) {
	r.files[p] = true
	rel := r.rel(p)
	if kind := scriptKinds[path.Ext(p)]; kind == 0 || kind&compiled != 0 || strings.HasPrefix(rel, "../") {
		return
	}
	for i := range len(rel) {
		if rel[i] != '/' || !neverDir(rel[:i]) {
			continue
		}
		switch {
		case OutputDir(rel[:i]):
			r.addBase(base{path: path.Join(r.Root, rel[:i])})
		case rel[0] == '.' && !strings.HasPrefix(rel, ".venv/"):
			r.addBase(base{path: path.Dir(p)}) // .next/standalone/server.js: not the cache beside it
		}
		return
	}
}

// kinds returns those of the command, and of its builds.
func (cfg Config) kinds() Kind {
	kind := KindOf(cfg.Command)
	if kind == All && cfg.Native {
		kind &^= compiled
	}
	for _, script := range cfg.Builds {
		kind |= kindOfScript(script)
	}
	return kind
}

// Bases returns where watching begins, sorted: folders, and single files. They need not
// exist.
func (r *Rules) Bases() []string {
	list := slices.AppendSeq(slices.Collect(maps.Keys(r.files)), maps.Keys(r.loaded))
	for _, b := range r.bases {
		list = append(list, b.path)
	}
	for _, p := range r.Packages {
		if r.ignoredBy(p.Dir, true) == nil {
			list = append(list, p.Dir)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// IsCopy reports whether SetGitignore has said so of the folder dir.
func (r *Rules) IsCopy(dir string) bool { return r.sources[dir].tree == Copy }

// SetGitignore replaces the .gitignore of the folder dir; nil: there is none.
func (r *Rules) SetGitignore(dir string, content []byte, tree Tree) {
	if lines := parseGitignore(content); len(lines) > 0 || tree != Inside {
		r.sources[dir] = gitFile{lines, tree}
	} else {
		delete(r.sources, dir)
	}
	clear(r.dirs)
}
