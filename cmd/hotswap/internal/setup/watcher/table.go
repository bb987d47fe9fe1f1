package watcher

import (
	"slices"
	"strings"
)

// What becomes of an option of a watcher. Without one of these it stays in the command.
const (
	drop     = "drop"     // hotswap has no need of it
	watch    = "watch"    // a path or pattern that is watched instead of the folder
	more     = "more"     // a path or pattern that is watched in addition
	anywhere = "anywhere" // a pattern of names at any depth, watched in addition
	filter   = "filter"   // a pattern; files that do not match are not watched
	regex    = "regex"    // the same as a regular expression
	ignore   = "ignore"   // a pattern, or several with commas between them
	exts     = "exts"     // extensions
	millis   = "millis"   // the time to wait for more changes, in milliseconds
	seconds  = "seconds"  // the same in seconds
	signal   = "signal"   // the stop signal
	grace    = "grace"    // how long a process may take to end, such as 10s
	poll     = "poll"     // compare files at intervals
	run      = "run"      // a command
	build    = "build"    // a command that runs before it
	left     = "left"     // hotswap does not take it over, and says so
	never    = "never"    // with this option the program is no server that is watched
	on       = "on"       // this option switches watching on, and goes
	off      = "off"      // with this option nothing is watched
	keepOn   = "keepOn"   // this option switches watching on, and does something else too
)

// A watcher is a program that restarts another, or itself, when a file changes.
type watcher struct {
	name     string // as messages say it
	programs string // the names of the program
	verb     string // the word behind the name that makes it a watcher; of several any one
	stays    bool   // the verb is not removed
	always   bool   // it watches without an option of its own
	script   bool   // options end where the first word is none, which is the program's script
	skip     string // words that may come before the script
	options  string // NAME|NAME=:MEANING …; with = it takes a value
	rename   string // what the program becomes
	add      string // an option that switches watching off, where it is on otherwise
	becomes  func(*taking) bool
	byFile   *byFile // what switches watching on beside the options; nil: nothing
	refuse   string  // hotswap knows the program and does not take it over; what to do instead

	table map[string]option
}

// option is an option of a watcher.
type option struct {
	name  string // the long one of its names, for messages
	takes bool   // a value
	means string
}

const nodeOptions = ` -r|--require= --import= --loader= --experimental-loader= -C|--conditions= --env-file= --env-file-if-exists=
	--input-type= --title= --stack-trace-limit= --disable-warning= --icu-data-dir= --openssl-config= --trace-event-categories=
	-e|--eval=:never -p|--print=:never --test:never`

const tsNodeOptions = ` -r|--require= -P|--project= -C|--compiler= -D|--ignore-diagnostics= -O|--compiler-options= -I|--ignore= --dir|--cwd= --scope-dir=
	--transpiler= --ignoreDiagnostics= --compilerOptions=`

// watchers are all watchers that hotswap knows.
var watchers = compiled([]watcher{
	{name: "tsx watch", programs: "tsx", verb: "watch", always: true, script: true,
		options: `--include=:more --exclude|--ignore=:ignore --clear-screen|--clearScreen|--no-clear-screen:drop --tsconfig=` + nodeOptions},
	{name: "tsx --watch", programs: "tsx", script: true,
		options: `--watch:on --watch-path=:watch --watch-preserve-output:drop --watch-kill-signal=:signal --tsconfig=` + nodeOptions},
	{name: "node --watch", programs: "node nodejs", script: true,
		options: `--watch:on --watch-path=:watch --watch-preserve-output:drop --watch-kill-signal=:signal --run=:never` + nodeOptions},
	{name: "nodemon", programs: "nodemon", always: true, becomes: nodemon, options: `-w|--watch=:watch -i|--ignore=:ignore -e|--ext=:exts
		-x|--exec=:run -d|--delay=:delay -s|--signal=:signal --config=:config -L|--legacy-watch:poll -P|--polling-interval=:drop
		-V|--verbose:drop -q|--quiet:drop -I|--no-stdin:drop --no-update-notifier:drop --no-colors|--no-colours:drop --spawn:drop
		--exitcrash:left -C|--on-change-only:left --cwd=:left --dump:never -h|--help:never -v|--version:never` + nodeOptions},
	{name: "ts-node-dev", programs: "ts-node-dev tsnd", always: true, script: true, rename: "ts-node",
		options: `--respawn:drop --watch=:more --ignore-watch=:ignore --debounce=:millis --interval=:drop --poll:poll --clear|--cls:drop
		--exit-child:drop --rs:drop --notify=:drop --tree-kill:drop --exec-check:drop --deps:drop --all-deps:drop --deps-level=:drop
		--dedupe:drop --no-notify:drop --quiet:drop --debug:drop --script-mode:drop` + tsNodeOptions},
	{name: "node-dev", programs: "node-dev", always: true, script: true, rename: "node",
		options: `--respawn:drop --notify=:drop --clear:drop --poll:poll --deps=:drop --dedupe:drop --graceful_ipc=:left --fork:drop` + nodeOptions},
	{name: "vite-node --watch", programs: "vite-node", script: true, options: `-w|--watch:on -r|--root= -c|--config= -m|--mode=`},
	{name: "bun --watch", programs: "bun", script: true, skip: "run",
		options: `--watch:on --hot:on --no-clear-screen:drop -r|--preload= --env-file= --cwd= -c|--config= --tsconfig-override= -d|--define= --filter=:never`},
	{name: "deno --watch", programs: "deno", script: true, skip: "run serve",
		options: `--watch:on --watch-hmr:on --hmr:on --watch-exclude:exclude --no-clear-screen:drop -c|--config= --import-map= --port= --host= -L|--log-level=`},
	{name: "nest start --watch", programs: "nest", verb: "start", stays: true, becomes: nest,
		options: `--watch|-w:on --watchAssets:drop --preserveWatchOutput:drop --watchFile=:more`},
	{name: "fastify start --watch", programs: "fastify", verb: "start", stays: true,
		options: `--watch|-w:on --follow-watch=:watch --ignore-watch=:ignore --verbose-watch|-V:drop`},
	{name: "tsc-watch", programs: "tsc-watch", always: true, rename: "tsc", becomes: buildThen,
		options: `--onSuccess=:run --onFirstSuccess=:left --onFailure=:left --onEmit=:left --onEmitDebounceMs=:drop --onCompilationStarted=:left
		--onCompilationComplete=:left --noColors:drop --noClear:drop --signalEmittedFiles:drop --silent:drop --maxNodeMem=:drop --compiler=:left`},
	{name: "tsup --watch", programs: "tsup", becomes: buildThen,
		options: `--watch|-w:onMaybe --onSuccess=:run --ignore-watch=:ignore`},

	{name: "uvicorn --reload", programs: "uvicorn",
		options: `--reload:on --reload-dir=:watch --reload-include=:anywhere --reload-exclude=:ignore --reload-delay=:drop --no-reload:off`},
	{name: "gunicorn --reload", programs: "gunicorn", byFile: &byFile{files: "gunicorn.conf.py", says: `(?m)^reload *= *True`, refuse: "write reload = False in gunicorn.conf.py"},
		options: `--reload:on --reload-engine=:drop --reload-extra-file=:more`},
	{name: "hypercorn --reload", programs: "hypercorn", options: `--reload:on --use-reloader:on`},
	{name: "granian --reload", programs: "granian",
		options: `--reload:on --reload-paths=:watch --reload-ignore-dirs=:ignore --reload-ignore-patterns=:left --reload-ignore-paths=:ignore --reload-tick=:drop --reload-ignore-worker-failure:drop`},
	{name: "flask run", programs: "flask quart", verb: "run", stays: true, add: "--no-reload",
		byFile:  &byFile{files: ".flaskenv .env", says: `(?m)^(export +)?(FLASK|QUART)_DEBUG *= *["']?(1|[Tt]rue)`, variables: true},
		options: `--reload:on --debug:keepOn --no-reload:off --no-debug:off --extra-files=:more --exclude-patterns=:ignore`},
	{name: "fastapi dev", programs: "fastapi", verb: "dev", stays: true, always: true, add: "--no-reload",
		options: `--reload:on --no-reload:off --reload-dir=:watch`},
	{name: "litestar run --reload", programs: "litestar", verb: "run", stays: true,
		options: `--reload|-r:on --reload-dir|-R=:watch --reload-include|-I=:anywhere --reload-exclude|-E=:ignore`},
	{name: "sanic --reload", programs: "sanic", options: `--reload|-r|--auto-reload:on --dev|-d:left --reload-dir|-R=:more`},
	{name: "manage.py runserver", programs: "manage.py django-admin", verb: "runserver runserver_plus", stays: true, always: true, add: "--noreload",
		options: `--noreload:off`},
	{name: "watchfiles", programs: "watchfiles", always: true, becomes: watchfiles,
		options: `--filter=:left --ignore-paths=:ignore --target-type=:drop --verbosity=:drop --verbose:drop --non-recursive:left --sigint-timeout=:drop --sigkill-timeout=:drop --args=:left`},
	{name: "watchmedo auto-restart", programs: "watchmedo", verb: "auto-restart", always: true, script: true, becomes: unwrap,
		options: `-d|--directory|--directories=:watch -p|--pattern|--patterns=:anywhere -i|--ignore-patterns=:ignore -R|--recursive:drop
		-D|--ignore-directories:drop --signal=:signal --kill-after=:drop --debounce-interval=:seconds --no-restart-on-command-exit:drop --debug-force-polling:poll`},
	{name: "hupper", programs: "hupper", always: true, refuse: "give hotswap the command behind -m: python -m …"},

	{name: "rerun", programs: "rerun", always: true, script: true, becomes: unwrap,
		options: `-d|--dir=:watch -p|--pattern=:filter -i|--ignore=:ignore -s|--signal=:signal -w|--wait=:drop -c|--clear:drop -x|--exit:drop -r|--restart:left
		-b|--background:drop --no-notify|-q|--quiet|--verbose:drop --notify=:drop --name|-n=:drop --force-polling|-f:poll`},

	{name: "air", programs: "air", always: true, script: true, becomes: air, options: `-c=:config -d:drop -color|--color=:drop -v:never`},
	{name: "CompileDaemon", programs: "CompileDaemon", always: true, becomes: compileDaemon,
		options: `--build=:build --command=:run --build-dir=:left --run-dir=:left --directory=:watch --recursive:drop --pattern=:regex --exclude-dir=:ignore
		--exclude=:ignore --include=:anywhere --color:drop --log-prefix:drop --graceful-kill:drop --graceful-timeout=:drop
		--polling:poll --polling-interval=:drop --verbose:drop --command-stop:drop`},
	{name: "gow", programs: "gow", always: true, script: true, rename: "go",
		options: `-v:drop -c:drop -s:drop -S:drop -r:drop -g=:left -e=:exts -i=:ignore -w=:watch -l:drop -t:drop`},
	{name: "reflex", programs: "reflex", always: true, script: true, becomes: unwrap,
		options: `-r|--regex=:regex -g|--glob=:filter -R|--inverse-regex=:left -G|--inverse-glob=:ignore -s|--start-service:drop -e|--sequential:drop
		-d|--decoration=:drop -t|--shutdown-timeout=:grace -v|--verbose:drop --all:left -c|--config=:left --only-files:drop --only-dirs:left --substitute=:left`},

	{name: "cargo watch", programs: "cargo", verb: "watch", always: true, becomes: cargoWatch,
		options: `-x|--exec=:exec -s|--shell=:shell -w|--watch=:watch -i|--ignore=:ignore -d|--delay=:seconds -c|--clear:drop -q|--quiet:drop
		--poll:poll --why:drop -B=:left -C|--workdir=:left -E|--env=:left --features=:left --no-gitignore:left --no-vcs-ignores:left --no-restart:drop --notify|-N:drop
		--postpone:drop --ignore-nothing:left --use-shell=:left`},
	{name: "watchexec", programs: "watchexec", always: true, script: true, becomes: unwrap,
		options: `-r|--restart:drop -e|--exts=:exts -w|--watch=:watch -i|--ignore=:ignore -f|--filter=:filter -s|--signal=:signal --stop-signal=:signal
		--stop-timeout=:grace -d|--debounce=:millis --poll:poll -c|--clear:drop -q|--quiet:drop -p|--postpone:drop -n:drop -N|--notify:drop -o|--on-busy-update=:drop
		--shell=:left --no-vcs-ignore:left --no-project-ignore:left --no-default-ignore:left --no-ignore:left -W|--watch-non-recursive=:left --workdir=:left -E|--env=:left
		--wrap-process=:drop --no-meta:drop -v|--verbose:drop --color=:drop --bell:drop --timings:drop`},

	{name: "entr", programs: "entr", always: true, refuse: "give hotswap the command behind entr"},
	{name: "modd", programs: "modd", always: true, refuse: "make hotswap.yaml of the daemon in modd.conf by hand"},
	{name: "bacon", programs: "bacon", always: true, refuse: "give hotswap the command of the job, such as cargo run"},
	{name: "systemfd", programs: "systemfd", always: true, refuse: "use hotswap --listen, which opens the port in the same way"},
	{name: "pm2-dev", programs: "pm2-dev", always: true, refuse: "give hotswap the script: hotswap -- node …"},
})

// OwnReload reports whether a program is a development server that loads changed modules
// itself, or starts the server out of reach.
func OwnReload(name string) bool { return ownReload[name] }

// ownReload are development servers that load changed modules themselves, and programs that
// start a server out of reach.
var ownReload = set(`vite vitest next nuxt nuxi astro webpack webpack-dev-server rspack parcel ng react-scripts vue-cli-service expo
	storybook svelte-kit gatsby remix react-router docusaurus vitepress eleventy snowpack rsbuild farm wrangler turbo nx lerna
	docker docker-compose podman kubectl skaffold tilt`)

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// byProgram has the rows of each program, in their order. Rows refer to functions that look
// here, so it is filled later.
var byProgram = map[string][]*watcher{}

func init() {
	for i := range watchers {
		for name := range strings.FieldsSeq(watchers[i].programs) {
			byProgram[name] = append(byProgram[name], &watchers[i])
		}
	}
}

// compiled reads the options of the rows.
func compiled(rows []watcher) []watcher {
	for i := range rows {
		table := make(map[string]option)
		for spec := range strings.FieldsSeq(rows[i].options) {
			names, means, _ := strings.Cut(spec, ":")
			names, takes := strings.CutSuffix(names, "=")
			all := strings.Split(names, "|")
			said := all[0]
			if i := slices.IndexFunc(all, func(name string) bool { return strings.HasPrefix(name, "--") }); i >= 0 {
				said = all[i]
			}
			for _, name := range all {
				if _, ok := table[name]; !ok { // the row's own come before those of node
					table[name] = option{said, takes, means}
				}
			}
		}
		rows[i].table = table
	}
	return rows
}
