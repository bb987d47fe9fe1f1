package rules

import (
	"slices"
	"strings"
	"testing"
)

func TestKindOf(t *testing.T) {
	tests := []struct {
		argv []string
		want Kind
	}{
		{[]string{"node", "x"}, Node},
		{[]string{"/usr/bin/node", "x"}, Node},
		{[]string{"tsx", "watch.ts"}, Node},
		{[]string{"npm", "run", "dev"}, Node},
		{[]string{"npx", "tsx", "a.ts"}, Node},
		{[]string{"env", "-i", "A=b", "node", "x"}, Node},
		{[]string{"env", "A=b", "sh", "-c", "python x.py"}, Python},
		{[]string{"cross-env", "NODE_ENV=dev", "tsx", "a.ts"}, Node},
		{[]string{"nice", "-n", "10", "python3.12", "x"}, Python},
		{[]string{"nice", "node-v22.1.0", "x"}, Node},
		{[]string{"timeout", "5s", "ruby3.2", "x"}, Ruby},
		{[]string{"dotenv", "-e", ".env.dev", "--", "php8.3", "-S", "x"}, PHP},
		{[]string{"sh", "-c", "cd api && A=1 python app.py"}, Python},
		{[]string{"bash", "-lc", "exec node 'my server.js'"}, Node},
		{[]string{"sh", "-c", "python a.py & node b.js; wait"}, Python | Node},
		{[]string{"sh", "-c", "cd x"}, All},
		{[]string{"sh", "-c", "make && node x"}, All},
		{[]string{"sh", "run.sh"}, All},
		{[]string{"./manage.py", "runserver"}, Python},
		{[]string{"./server"}, All},
		{[]string{"make"}, All},
		{[]string{"java", "-jar", "x.jar"}, JVM},
		{[]string{"./gradlew", "bootRun"}, JVM},
		{[]string{"cargo", "run"}, Rust},
		{[]string{"go", "run", "."}, Go},
		{[]string{"bin/rails", "s"}, Ruby},
		{[]string{"mix", "phx.server"}, Elixir},
		{nil, All},
	}
	for _, tt := range tests {
		if got := KindOf(tt.argv); got != tt.want {
			t.Errorf("KindOf(%q) = %b, want %b", tt.argv, got, tt.want)
		}
	}
}

func TestPrograms(t *testing.T) {
	files := set(`./server /opt/api server.js bin/www .env dist/main.js app.jar data.db /usr/bin/node run.sh notes.txt`)
	tests := []struct{ argv, want string }{
		{"./server --db data.db", "./server"},
		{"/opt/api", "/opt/api"},
		{"server", ""},
		{"node server.js notes.txt", "server.js"},
		{"node ./bin/www", ""},
		{"node bin/www", "bin/www"},
		{"node --env-file .env --import tsx dist/main.js", ".env dist/main.js"},
		{"node --env-file= --env-file=.env --env-file-if-exists=later dist/main.js", ".env later dist/main.js"},
		{"node --env-file-if-exists later dist/main.js --env-file-path=x", "later dist/main.js"},
		{"/usr/bin/node server.js", "/usr/bin/node server.js"},
		{"java -jar app.jar data.db", "app.jar"},
		{"env A=b ./server data.db", "./server"},
		{"sh run.sh", "run.sh"},
		{"sh -c ./server x", "./server"},
		{"npm run dev", ""},
	}
	for _, tt := range tests {
		got := Programs(strings.Fields(tt.argv), func(w string) bool { return files[w] })
		if !slices.Equal(got, strings.Fields(tt.want)) {
			t.Errorf("Programs(%q) = %q, want %q", tt.argv, got, tt.want)
		}
	}
}
