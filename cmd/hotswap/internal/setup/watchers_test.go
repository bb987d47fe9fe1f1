package setup

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestWhatIsTakenOver(t *testing.T) {
	files := fstest.MapFS{}
	for _, name := range []string{"src/index.ts", "views/a.html", "config/a.yml", "server.js", "lib/x.js", "app.env",
		".env"} {
		files[name] = &fstest.MapFile{}
	}
	for _, c := range []struct{ command, want string }{
		{"tsx watch src/index.ts", "tsx src/index.ts"},
		{"tsx watch --clear-screen=false --include ./views --exclude 'gen/**' --tsconfig t.json src/index.ts --watch",
			`tsx --tsconfig t.json src/index.ts --watch; ignore=[gen/**]; left --include ./views`},
		{"tsx src/index.ts watch", ""},
		{"node --watch server.js", "node server.js"},
		{"node --watch-path=src --watch-path lib --watch-preserve-output --inspect server.js -w",
			"node --inspect server.js -w; watch=[src lib]"},
		{"node --env-file=.env --import tsx --watch src/index.ts", "node --env-file=.env --import tsx src/index.ts"},
		{"node --watch --test", ""},
		{"node server.js --watch", ""},
		{"node --watch-kill-signal SIGINT --watch server.js", "node server.js; stop-signal=[SIGINT]"},
		{"nodemon server.js", "node server.js"},
		{"nodemon -e ts,json --watch src --watch config -i 'src/**/*.test.ts' -x 'ts-node -r dotenv/config' src/index.ts", "ts-node -r dotenv/config src/index.ts; watch=[src config]; ignore=[src/**/*.test.ts]; left --ext ts,json"},
		{"nodemon --delay 500ms --signal SIGINT -L --inspect server.js --port 3",
			"node --inspect server.js --port 3; stop-signal=[SIGINT]; left --delay 500ms"},
		{"nodemon --exec 'npm run build && node dist/index.js' -e ts", "refuse nodemon"},
		{"nodemon src/index.ts", "ts-node src/index.ts"},
		{"nodemon -C server.js", "node server.js; left --on-change-only"},
		{"NODE_ENV=development nodemon --watch 'src/**/*.ts' --exec ts-node src/index.ts",
			"NODE_ENV=development ts-node src/index.ts; left --watch src/**/*.ts"},
		{"cross-env NODE_ENV=development tsx watch src/index.ts", "cross-env NODE_ENV=development tsx src/index.ts"},
		{"dotenv -e a -e b -- tsx watch src/index.ts", "dotenv -e a -e b -- tsx src/index.ts"},
		{"env PORT=3 node --watch server.js", "env PORT=3 node server.js"},
		{"npx tsx watch src/index.ts", "npx tsx src/index.ts"},
		{"pnpm nodemon server.js", "node server.js"},
		{"pnpm exec tsx watch src/index.ts", "pnpm exec tsx src/index.ts"},
		{"exec nodemon server.js", "exec node server.js"},
		{"pnpm dev", ""},
		{"ts-node-dev --respawn --transpile-only -r dotenv/config --watch 'config,lib/*.{json,js}' --ignore-watch node_modules src/index.ts",
			"ts-node --transpile-only -r dotenv/config src/index.ts; ignore=[node_modules]; left --watch config,lib/*.{json,js}"},
		{"bun --watch src/index.ts", "bun src/index.ts"},
		{"bun run --hot src/index.ts", ""},
		{"deno serve -A --watch --port 3000 server.js --watch", "deno serve -A --port 3000 server.js --watch"},
		{"deno run --watch=views,app.env,gone --watch-exclude=gen,lib -A server.js",
			"deno run -A server.js; left --watch views,app.env,gone; left --watch-exclude gen,lib"},
		{"deno run server.js --watch", ""},
		{"vite-node -c v.ts --watch src/index.ts -w", "vite-node -c v.ts src/index.ts -w"},
		{"listhen -w --port 3 ./server.js", "listhen --port 3 ./server.js"},
		{"nest start --watch --debug", "nest start --debug"},
		{"nest start --watch", "node dist/main; beside=[nest build --watch]; watch=[dist]"},
		{"nest start -p tsconfig.build.json --watch -b swc", "nest start -p tsconfig.build.json -b swc"},
		{"NODE_ENV=development nest start --watch",
			"NODE_ENV=development node dist/main; beside=[NODE_ENV=development nest build --watch]; watch=[dist]"},
		{"nest start api --watch", "nest start api"},
		{"fastify start -w -l info -P app.js", "fastify start -l info -P app.js"},
		{"fastify start -l info app.js", ""},
		{"uvicorn app:app --reload --reload-dir src --reload-include '*.html' --reload-exclude 'tests/*' --port 8000",
			"uvicorn app:app --port 8000; watch=[src]; ignore=[tests/*]; left --reload-include *.html"},
		{"python -m uvicorn app:app --reload", "python -m uvicorn app:app"},
		{"poetry run python3.12 -X dev -m uvicorn --reload app:app", "poetry run python3.12 -X dev -m uvicorn app:app"},
		{"flask --app app run --debug --port 5000", "flask --app app run --debug --port 5000 --no-reload"},
		{"flask run", ""},
		{"python manage.py runserver 0.0.0.0:8000", "python manage.py runserver 0.0.0.0:8000 --noreload"},
		{"python manage.py runserver --noreload", ""},
		{"python manage.py migrate", ""},
		{"fastapi dev main.py", "fastapi dev main.py --no-reload"},
		{"air -c .air.toml", "refuse air"},
		{"nodemon", "refuse nodemon"},
		{"nodemon --config n.json server.js", "refuse nodemon"},
		{"nodemon -x \"$RUN\" server.js", "refuse nodemon"},
		{"nodemon --watch $DIR server.js",
			"node server.js; left --watch $DIR: hotswap does not know what the shell makes of it"},
		{"nodemon --watch dist dist/server.js", "node dist/server.js; watch=[dist]"},
		{"nodemon --watch nowhere server.js", "node server.js; left --watch nowhere"},
		{"nodemon --signal nonsense -i '[' server.js", "node server.js; left --signal nonsense; left --ignore ["},
		{"nodemon --signal sighup server.js", "node server.js; stop-signal=[sighup]"},
		{"npm install -g nodemon", ""},
		{"docker run x nodemon server.js", ""},
		{"python -m celery -A air worker", ""},
		{"doppler run --config dev -- nodemon $FILE", "refuse nodemon"},
		{"npx -y ts-node-dev --inspect=9 --max-old-space-size=99 src/index.ts --inspect",
			"npx -y ts-node src/index.ts --inspect; left --inspect 9; left --max-old-space-size 99"},
		{"", ""},
	} {
		p := newProject(files)
		got := ""
		if commands, ok := split(c.command); ok && len(commands) == 1 {
			if f := p.find(commands[0].Words); f != nil {
				got = shown(f)
			}
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.command, got, c.want)
		}
	}
}

// shown returns what was found in one line.
func shown(f *Proposal) string {
	if f.Refused {
		return "refuse " + f.Watcher
	}
	out := f.Command
	for _, k := range f.Keys {
		out += "; " + k.Name + "=[" + strings.Join(k.Values, " ") + "]"
	}
	for _, text := range f.Left {
		out += "; left " + text
	}
	return out
}

// docs/rules.md has every watcher.
func TestDocumentHasEveryWatcher(t *testing.T) {
	text := testkit.Must(os.ReadFile("../../../../docs/rules.md"))(t)
	for _, row := range watchers() {
		program, _, _ := strings.Cut(row.programs, " ")
		if !regexp.MustCompile("`[^`]*" + regexp.QuoteMeta(program) + "\\b[^`]*`").Match(text) {
			t.Errorf("docs/rules.md does not have %s", row.name)
		}
	}
}
