package setup

import (
	"testing"
	"testing/fstest"
)

func TestAdvice(t *testing.T) {
	files := fstest.MapFS{"package.json": {Data: []byte(`{
		"scripts": {
			"nodemon": "nodemon a.js", "more": "npm run gen && npm run nodemon", "gen": "make",
			"dev": "cross-env A=b tsx watch --exclude x src/index.ts",
			"start": "npm run dev",
			"both": "concurrently \"tsc -w\" \"nodemon dist/index.js\"",
			"first": "npm run gen && node --watch a.js",
			"loop": "npm run loop", "plain": "tsx src/index.ts", "built": "nodemon -x 'tsc && node dist/a.js'", "left": "nodemon --cwd x a.js",
			"rules": "air", "already": "npm run gen && cross-env A=b hotswap"
		},
		"devDependencies": {"cross-env": "1", "tsx": "1"}
	}`)}}
	const closes = " restarts the program itself, and the port is closed meanwhile; give hotswap the command without it, as hotswap init does"
	for _, c := range []struct {
		argv []string
		want string
	}{
		{[]string{"tsx", "watch", "src/index.ts"}, "tsx watch" + closes},
		{[]string{"npx", "tsx", "watch", "a b.ts"}, "npx tsx watch 'a b.ts' runs tsx watch, which" + closes},
		{[]string{"yarn", "dev"}, "yarn dev runs tsx watch, which" + closes},
		{[]string{"npm", "run", "both"}, "npm run both runs nodemon, which" + closes},
		{[]string{"bun", "run", "first"}, "bun run first runs node --watch, which" + closes},
		{[]string{"sh", "-c", "make; nodemon a.js"}, "sh -c 'make; nodemon a.js' runs nodemon, which" + closes},
		{[]string{"env", "X=y", "Z=a b", "nodemon", "a.js"}, "env X=y 'Z=a b' nodemon a.js runs nodemon, which" +
			closes},
		{[]string{"flask", "--app", "x", "run", "--debug"},
			"flask --app x run --debug runs flask run, which restarts the program itself, and the port is closed meanwhile; add --no-reload to the command"},
		{[]string{"python3", "manage.py", "runserver"},
			"python3 manage.py runserver runs manage.py runserver, which restarts the program itself, and the port is closed meanwhile; add --noreload to the command"},
		{[]string{"npm", "run", "already"}, "npm run already runs hotswap itself; start it without hotswap before it"},
		{[]string{"npm", "run", "more"}, "npm run more runs nodemon, which" + closes},
		{[]string{"npm", "run", "plain"}, ""},
		{[]string{"npm", "run", "dev", "--", "--port", "3"}, ""},
		{[]string{"npm", "run"}, ""},
		{[]string{"npm", "dev"}, ""},
		{[]string{"node", "server.js"}, ""},
		{nil, ""},
	} {
		if got := Advice(files, c.argv); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.argv, got, c.want)
		}
	}
}

func TestLine(t *testing.T) {
	scripts := func(text string) map[string]string {
		return map[string]string{"package.json": `{"scripts":{` + text + `}}`}
	}
	for _, c := range []struct {
		files map[string]string
		want  string
	}{
		{nil, ""},
		{scripts(`"dev": "tsx watch src/index.ts"`), "hotswap -- tsx src/index.ts"},
		{scripts(`"dev": "nodemon --watch lib a.js"`), "hotswap init"},
		{scripts(`"dev": "PORT=3 tsx watch a.ts"`), "hotswap init"},
		{scripts(`"dev": "node server.js"`), "hotswap -- npm run dev"},
		{scripts(`"lint": "eslint", "dev": "hotswap -- node a.js"`), "npm run dev"},
		{map[string]string{"bin/rails": ""}, "hotswap init"},
		{map[string]string{"manage.py": ""}, "hotswap -- python3 manage.py runserver --noreload"},
		{map[string]string{"go.mod": "", "cmd/a/main.go": ""},
			"hotswap --build 'go build -o tmp/server ./cmd/a' -- tmp/server"},
		{map[string]string{"go.mod": "", "main.go": ""}, "hotswap --build 'go build -o tmp/server ./' -- tmp/server"},
		{map[string]string{"go.mod": "", "cmd/a/main.go": "", "cmd/b/main.go": ""}, ""},
		{map[string]string{"app/main.py": "from fastapi import FastAPI\n\napi = FastAPI()\n"},
			"hotswap -- uvicorn app.main:api"},
		{map[string]string{"app.py": "# app = FastAPI()\n"}, ""},
		{scripts(`"dev": "concurrently npm:dev:*", "dev:web": "next dev", "dev:api": "tsx watch api.ts"`),
			"hotswap -- tsx api.ts"},
	} {
		files := fstest.MapFS{}
		for name, text := range c.files {
			files[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := Line(files); got != c.want {
			t.Errorf("%v:\n got %s\nwant %s", c.files, got, c.want)
		}
	}
}
