package setup

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/watcher"
)

// Example is a rule or a task that the project may want. hotswap.yaml has it as a comment.
type Example struct {
	Once   bool
	Run    string
	Change []string // inputs, for a task
}

// examplesLimit is how many rules are shown of each kind.
const examplesLimit = 2

// generators are commands that make files of others, by a part of the command.
var generators = []struct {
	command string
	change  []string
}{
	{"prisma generate", []string{"prisma/schema.prisma"}}, {"graphql-codegen", []string{"**/*.graphql"}}, {"buf generate", []string{"proto/**/*.proto"}},
	{"protoc ", []string{"proto/**/*.proto"}}, {"sqlc generate", []string{"**/*.sql", "sqlc.yaml"}}, {"typechain", []string{"abis/**"}},
}

var generatorName = regexp.MustCompile(`^(openapi|swagger|codegen|generate|gen)(:[\w-]+)*$|:(openapi|types|codegen|generate)$`)

// routeDirs are folders whose files an API description is made of.
var routeDirs = []string{"src/routes", "routes", "src/controllers", "src/api", "app/routers", "src/modules"}

var fileOfCommand = regexp.MustCompile(`[\w./-]+\.(ya?ml|json|graphql|proto)\b`)

// migrations are the tasks that bring a database up to date, by the files that show them.
var migrations = []struct {
	needs   []string // all of these; * may stand for the ending
	inputs  []string
	command string
	script  string // a script of package.json that has this in its command is run instead
}{
	{[]string{"drizzle.config.*"}, []string{"drizzle/**"}, "drizzle-kit migrate", "drizzle-kit migrate"},
	{[]string{"prisma/migrations"}, []string{"prisma/migrations/**"}, "prisma migrate deploy", "prisma migrate deploy"},
	{[]string{"knexfile.*"}, []string{"migrations/**"}, "knex migrate:latest", "knex migrate:latest"},
	{[]string{"alembic.ini"}, []string{"alembic/versions/*.py"}, "alembic upgrade head", ""},
	{[]string{"manage.py"}, []string{"**/migrations/*.py"}, "python3 manage.py migrate", ""},
	{[]string{"bin/rails", "db/migrate"}, []string{"db/migrate/*.rb"}, "bin/rails db:migrate", ""},
}

// examples adds the rules and tasks that the project shows.
func (p *project) examples(found *Proposal) {
	scripts := p.Manifest("").Scripts
	names := make([]string, 0, len(scripts))
	for name := range scripts {
		names = append(names, name)
	}
	slices.Sort(names)
	shown := 0
	for _, name := range names {
		if change := p.inputs(name, scripts[name]); len(change) > 0 && shown < examplesLimit {
			found.Examples = append(found.Examples, Example{Run: p.runScript(name), Change: change})
			shown++
		}
	}
	shown = 0
	for _, m := range migrations {
		if shown == examplesLimit || slices.ContainsFunc(m.needs, func(name string) bool { return !p.matches(name) }) {
			continue
		}
		shown++
		task := Example{Once: true, Run: p.outside(m.command), Change: m.inputs}
		for _, name := range names {
			if m.script != "" && strings.Contains(scripts[name], m.script) {
				task.Run = p.runScript(name)
				break
			}
		}
		if m.command == "alembic upgrade head" && !p.Has("alembic") && p.Has("migrations") {
			task.Change = []string{"migrations/versions/*.py"}
		}
		found.Examples = append(found.Examples, task)
	}
}

// inputs returns the files that a script makes others of, where the project shows them.
func (p *project) inputs(name, command string) []string {
	if strings.Contains(command, "--watch") {
		return nil
	}
	for _, g := range generators {
		if strings.Contains(command, g.command) {
			return g.change
		}
	}
	if !generatorName.MatchString(name) {
		return nil
	}
	for _, named := range fileOfCommand.FindAllString(command, -1) { // openapi-typescript api.yaml
		if kind, _ := p.Stat(path.Clean(named)); kind == watcher.File {
			return []string{path.Clean(named)}
		}
	}
	if strings.Contains(name, "openapi") || strings.Contains(name, "swagger") {
		for _, dir := range routeDirs {
			if kind, _ := p.Stat(dir); kind == watcher.Folder {
				return []string{dir + "/**"}
			}
		}
	}
	return nil
}

// matches reports whether a file is there; name may end in ".*".
func (p *project) matches(name string) bool {
	start, any := strings.CutSuffix(name, ".*")
	if !any {
		return p.Has(name)
	}
	return slices.ContainsFunc([]string{".ts", ".js", ".mjs", ".cjs", ".json", ".mts"}, func(end string) bool { return p.Has(start + end) })
}

// runScript returns the command that runs a script of package.json.
func (p *project) runScript(name string) string {
	return p.manager() + " run " + shell.Quote(name)
}
