package launchers

import (
	"path"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// Kind is how a launcher is told what it starts.
type Kind int

const (
	Shell     Kind = iota + 1 // by a text
	Manager                   // by the name of a script in package.json, or of a command of a package
	Wrapper                   // by words behind its own
	Loader                    // by a file, which it compiles
	Runner                    // by its own file, or several texts
	Installer                 // it installs packages, too
)

// Launcher is a program that leads to another one.
type Launcher struct {
	names    string // of its programs
	packages string // that have them, for Node
	Kind     Kind
	Verdict
}

// Verdict says what hotswap may do with a launcher. What the launcher was told decides besides.
type Verdict struct {
	Twice  bool // a standby may start it: until the program begins it only starts processes
	Out    bool // the next generation may leave it out: it gives the program nothing that hotswap cannot give
	Alone  bool // it runs nothing before the program, not even a shell
	Starts bool // it starts the program in another process
	Reads  bool // it reads variables from files
	Asks   bool // it asks a service for secrets at each start
	// it may give the program what is out of date later, such as credentials: it runs what its own file says
	Gives bool
}

var table = []Launcher{
	{"sh dash bash busybox", "", Shell, Verdict{Twice: true, Out: true}},
	{"ash zsh ksh mksh", "", Shell, Verdict{Twice: true}},
	{"fish", "", Shell, Verdict{}},

	{"npm npx pnpm pnpx corepack", "npm pnpm corepack", Manager, Verdict{Twice: true, Out: true}},
	// folders that it puts in PATH end with it
	{"yarn yarnpkg", "yarn @yarnpkg/cli-dist", Manager, Verdict{Twice: true}},
	{"poetry pipenv pdm hatch uv", "", Installer, Verdict{Twice: true}},

	{"tsx", "tsx", Loader, Verdict{Twice: true, Out: true, Alone: true, Starts: true}},
	{"ts-node ts-node-esm", "ts-node", Loader, Verdict{Twice: true, Alone: true}},

	{"cross-env", "cross-env", Wrapper, Verdict{Twice: true, Out: true, Alone: true, Starts: true}},
	{"cross-env-shell", "", Wrapper, Verdict{}},
	{"dotenv dotenv-cli", "dotenv-cli", Wrapper, Verdict{Twice: true, Out: true, Alone: true, Starts: true,
		Reads: true}},
	// env-cmd runs .env-cmdrc.js
	{"dotenvx env-cmd", "@dotenvx/dotenvx env-cmd", Wrapper, Verdict{Twice: true, Alone: true, Starts: true,
		Reads: true}},
	{"env nice ionice chrt taskset timeout setsid nohup stdbuf tini dumb-init catatonit gosu su-exec volta-shim fnm",
		"",
		Wrapper, Verdict{Twice: true}},
	{"direnv mise", "", Wrapper, Verdict{Twice: true, Gives: true}},
	{`time sudo doas exec command builtin xargs unbuffer script strace ltrace rr catchsegv prlimit firejail
		asdf rtx volta nvm hotswap with-env`, "", Wrapper, Verdict{}},
	{"doppler op infisical aws-vault chamber teller", "", Wrapper, Verdict{Asks: true}},

	{"make gmake just task", "", Runner, Verdict{Twice: true, Gives: true}},
	{"", "npm-run-all npm-run-all2 concurrently", Runner, Verdict{Twice: true, Gives: true}},
	{"", "esbuild", Loader, Verdict{Twice: true}},
}

// Named returns the launcher with this program's name; the zero value: it is none that is known.
func Named(program string) Launcher {
	return find(func(l Launcher) bool { return slices.Contains(strings.Fields(l.names), program) })
}

// Leads reports whether a program by itself, without Node, is a launcher that a standby may start.
func Leads(program string) bool {
	l := Named(program)
	return l.Twice && l.packages == ""
}

// Of returns the launcher of a package; the zero value: the package has none that is known.
func Of(pkg string) Launcher {
	return find(func(l Launcher) bool { return slices.Contains(strings.Fields(l.packages), pkg) })
}

func find(is func(Launcher) bool) (l Launcher) {
	if i := slices.IndexFunc(table, is); i >= 0 {
		l = table[i]
	}
	return l
}

// Twice returns the packages whose launchers a standby may start.
func Twice() (packages []string) {
	for _, l := range table {
		if l.Twice {
			packages = append(packages, strings.Fields(l.packages)...)
		}
	}
	return packages
}

// versioned matches names as files have them: npm-cli.js, pnpm.cjs, pip3.12 and what yarnPath names, yarn-4.1.0.cjs.
var versioned = lazy.Pattern(`^([a-z]+?)(-cli)?(-?\d[\d.]*?)?(\.[cm]?js)?$`)

// Base returns the name by which a launcher is known: without folder, version and ending.
func Base(word string) string {
	name := path.Base(word)
	if m := versioned().FindStringSubmatch(name); m != nil {
		return m[1]
	}
	return name
}

// managed matches files of package managers in folders that are no package's: of Debian's npm, corepack and yarn.
var managed = lazy.Pattern(
	`[\\/](corepack|\.yarn)[\\/].*[\\/](npm|npx|pnpm|pnpx|yarn)[^\\/]*$|^/usr/share/nodejs/npm/bin/`)

func IsManager(file string) bool {
	pkg := PackageOf(file)
	return Of(pkg).Kind == Manager || pkg == "" && managed().MatchString(file)
}

// ManagerWords returns what a package manager was told, as in [npm run dev]; nil: the words are not those of one.
func ManagerWords(words []string) []string {
	if len(words) == 0 || Named(Base(words[0])).Kind != Manager {
		return nil
	}
	return append([]string{Base(words[0])}, words[1:]...)
}

// Titled reports whether a title stands in the place of arguments. What it leaves over is empty.
func Titled(argv []string) bool { return len(argv) > 0 && strings.Join(argv[1:], "") == "" }
