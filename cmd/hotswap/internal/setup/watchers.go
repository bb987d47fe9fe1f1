package setup

import (
	"slices"
	"strings"
)

// These words say what becomes of a watcher's option. An option without such a word stays in the command.
const (
	drop   = "drop"   // hotswap has no need of it
	watch  = "watch"  // a path that is watched instead of the folder
	ignore = "ignore" // a pattern
	signal = "stop-signal"
	given  = "given"  // for the watcher's own function
	left   = "left"   // hotswap does not take it over, and says so
	never  = "never"  // with this option the program does not watch a server
	on     = "on"     // this option switches watching on, and goes
	keepOn = "keepOn" // this option switches watching on, and does something else too
)

// watcher is a program that restarts another, or itself, when a file changes.
type watcher struct {
	name     string // as messages say it
	programs string // the names of the program
	verb     string // the word behind the name that makes it a watcher; of several any one
	stays    bool   // the verb is not removed
	always   bool   // it watches without an option of its own
	script   bool   // options end where the first word is none, which is the program's script
	skip     string // a word that may come before the script
	options  string // NAME|NAME=:MEANING …, the name for messages last; with = it takes a value
	rename   string // what the program becomes
	add      string // an option that switches watching off, where it is on otherwise
	becomes  func(*reading)
}

const nodeOptions = ` -r|--require= --import= --loader= --experimental-loader= -C|--conditions= --env-file= --env-file-if-exists=
	--input-type= --title= --stack-trace-limit= --disable-warning= --icu-data-dir= --openssl-config= --trace-event-categories=
	-e|--eval=:never -p|--print=:never --test:never --run=:never`

func watchers() []watcher {
	return []watcher{
		{name: "tsx watch", programs: "tsx", verb: "watch", always: true, script: true,
			options: `--include=:left --ignore|--exclude=:ignore --clear-screen|--clearScreen|--no-clear-screen:drop --tsconfig=` + nodeOptions},
		{name: "node --watch", programs: "node nodejs tsx", script: true,
			options: `--watch:on --watch-path=:watch --watch-preserve-output:drop --watch-kill-signal=:stop-signal --tsconfig=` + nodeOptions},
		{name: "bun --watch", programs: "bun", script: true, skip: "run",
			options: `--watch:on --no-clear-screen:drop -r|--preload= --env-file= --cwd= -c|--config= --tsconfig-override= -d|--define= --filter=:never`},
		{name: "deno --watch", programs: "deno", verb: "serve run", stays: true, script: true,
			options: `--watch-hmr|--watch:on --watch-exclude=:ignore --no-clear-screen:drop -c|--config= --import-map= --port= --host= -L|--log-level= --cert= --location= --preload=`},
		{name: "vite-node --watch", programs: "vite-node", script: true,
			options: `-w|--watch:on -r|--root= -c|--config= -m|--mode= --options=`},
		{name: "listhen --watch", programs: "listhen", options: `-w|--watch:on`},
		{name: "nodemon", programs: "nodemon", always: true, script: true, becomes: nodemon,
			options: `-w|--watch=:watch -i|--ignore=:ignore
			-e|--ext=:left -x|--exec=:given -d|--delay=:left --config=:given -s|--signal=:stop-signal -L|--legacy-watch:drop -P|--polling-interval=:drop
			-V|--verbose:drop -q|--quiet:drop -I|--no-stdin:drop --no-update-notifier:drop --no-colours|--no-colors:drop --spawn:drop
			--exitcrash:left -C|--on-change-only:left --cwd=:left --dump:never -h|--help:never -v|--version:never` + nodeOptions},
		{name: "ts-node-dev", programs: "ts-node-dev tsnd", always: true, script: true, rename: "ts-node",
			options: `--respawn:drop --watch=:left --ignore-watch=:ignore --debounce=:left --interval=:drop --poll:drop --cls|--clear:drop
			--exit-child:drop --rs:drop --notify=:drop --tree-kill:drop --exec-check:drop --deps:drop --all-deps:drop --deps-level=:drop
			--dedupe:drop --no-notify:drop --quiet:drop --debug:drop --script-mode:drop --inspect:left --inspect-brk:left
			--max-old-space-size=:left --no-warnings:left --trace-warnings:left --enable-source-maps:left
			-r|--require= -P|--project= -C|--compiler= -I|--ignore= -D|--ignore-diagnostics= --ignoreDiagnostics= -O|--compiler-options= --compilerOptions= --dir|--cwd= --scope-dir= --transpiler=`},
		{name: "nest start --watch", programs: "nest", verb: "start", stays: true, becomes: nest,
			options: `-w|--watch:on --watchAssets:drop --preserveWatchOutput:drop --watchFile=:left`},

		{name: "fastify start --watch", programs: "fastify", verb: "start", stays: true,
			options: `-w|--watch:on --ignore-watch=:left -V|--verbose-watch:drop`},

		{name: "uvicorn --reload", programs: "uvicorn",
			options: `--reload:on --reload-dir=:watch --reload-include=:left --reload-exclude=:ignore --reload-delay=:drop --no-reload:never`},
		{name: "flask run", programs: "flask", verb: "run", stays: true, add: "--no-reload",
			options: `--reload:on --debug:keepOn --no-reload:never --no-debug:never --extra-files=:left --exclude-patterns=:left`},
		{name: "fastapi dev", programs: "fastapi", verb: "dev", stays: true, always: true, add: "--no-reload",
			options: `--reload:on --no-reload:never --reload-dir=:watch`},
		{name: "manage.py runserver", programs: "manage.py django-admin", verb: "runserver runserver_plus", stays: true,
			always: true, add: "--noreload",
			options: `--noreload:never`},

		{name: "air", programs: "air", always: true, becomes: refuse, options: `-v:never`},
	}
}

type option struct {
	name  string // for messages
	takes bool   // a value
	means string
}

// find returns the option of a name among options; nil: there is none.
func find(options, name string) *option {
	for spec := range strings.FieldsSeq(options) {
		names, means, _ := strings.Cut(spec, ":")
		names, takes := strings.CutSuffix(names, "=")
		if all := strings.Split(names, "|"); slices.Contains(all, name) {
			return &option{all[len(all)-1], takes, means}
		}
	}
	return nil
}
