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
	const closes = " restarts the program itself, and the port is closed meanwhile; "
	for _, c := range []struct {
		argv []string
		want string
	}{
		{[]string{"tsx", "watch", "src/index.ts"}, "tsx watch" + closes + "write: hotswap -- tsx src/index.ts"},
		{[]string{"npx", "tsx", "watch", "a b.ts"}, "npx tsx watch 'a b.ts' runs tsx watch, which" + closes + "write: hotswap -- npx tsx 'a b.ts'"},
		{[]string{"npm", "run", "dev"}, "npm run dev runs tsx watch, which" + closes + "write: hotswap --ignore x -- cross-env A=b tsx src/index.ts"},
		{[]string{"pnpm", "dev"}, "pnpm dev runs tsx watch, which" + closes + "write: hotswap --ignore x -- cross-env A=b tsx src/index.ts"},
		{[]string{"yarn", "dev"}, "yarn dev runs tsx watch, which" + closes + "write: hotswap --ignore x -- cross-env A=b tsx src/index.ts"},
		{[]string{"npm", "start"}, "npm start runs tsx watch, which" + closes + "write: hotswap --ignore x -- cross-env A=b tsx src/index.ts"},
		{[]string{"npm", "run", "both"}, "npm run both runs nodemon, which" + closes + "in the script that has nodemon dist/index.js write hotswap -- node dist/index.js instead, and start that script without hotswap"},
		{[]string{"bun", "run", "first"}, "bun run first runs node --watch, which" + closes + "in the script that has node --watch a.js write hotswap -- node a.js instead, and start that script without hotswap"},
		{[]string{"npm", "run", "built"}, "npm run built runs nodemon, which" + closes + "write: hotswap --build tsc -- node dist/a.js"},
		{[]string{"npm", "run", "left"}, "npm run left runs nodemon, which" + closes + "write: hotswap -- node a.js"},
		{[]string{"sh", "-c", "X=y nodemon a.js"}, "sh -c 'X=y nodemon a.js' runs nodemon, which" + closes + "in the script that has X=y nodemon a.js write hotswap -- env X=y node a.js instead, and start that script without hotswap"},
		{[]string{"sh", "-c", "make; nodemon a.js"}, "sh -c 'make; nodemon a.js' runs nodemon, which" + closes + "in the script that has nodemon a.js write hotswap -- node a.js instead, and start that script without hotswap"},
		{[]string{"env", "X=y", "Z=a b", "nodemon", "a.js"}, "env X=y 'Z=a b' nodemon a.js runs nodemon, which" + closes + "write: hotswap -- env X=y 'Z=a b' node a.js"},
		{[]string{"env", "X=", "npm", "run", "left"}, "env X= npm run left runs nodemon, which" + closes + "write: hotswap -- node a.js"},
		{[]string{"npm", "run", "already"}, "npm run already runs hotswap itself; start it without hotswap before it"},
		{[]string{"npm", "run", "nodemon"}, "npm run nodemon runs nodemon, which" + closes + "write: hotswap -- node a.js"},
		{[]string{"npm", "run", "more"}, "npm run more runs nodemon, which" + closes + "in the script that has nodemon a.js write hotswap -- node a.js instead, and start that script without hotswap"},
		{[]string{"npm", "run", "plain"}, ""},
		{[]string{"npm", "run", "dev", "--", "--port", "3"}, ""},
		{[]string{"npm", "run", "loop"}, ""},
		{[]string{"npm", "run"}, ""},
		{[]string{"npm", "dev"}, ""},
		{[]string{"node", "server.js"}, ""},
		{[]string{"tsx", "src/index.ts"}, ""},
		{nil, ""},
	} {
		if got := Advice(files, c.argv); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.argv, got, c.want)
		}
	}
}
