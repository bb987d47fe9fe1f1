package rules

import (
	"path"
	"strings"
)

type Kind uint16

const (
	Node Kind = 1 << iota
	Python
	Go
	Ruby
	PHP
	Rust
	JVM
	Dotnet
	Elixir
	Perl
	Shell

	// All is what counts when the command does not tell.
	All = Node | Python | Go | Ruby | PHP | Rust | JVM | Dotnet | Elixir | Perl | Shell
	// compiled kinds are read by a compiler, not by the running program.
	compiled = Go | Rust | JVM | Dotnet
)

// common are data files that servers of any language read at start and that people edit
// by hand. JSON is not among them: outside Node mostly programs write it.
const common = `.yaml .yml .toml .graphql .gql .graphqls .sql .proto`

var kindExts = map[Kind]string{
	Node:   `.ts .tsx .mts .cts .js .jsx .mjs .cjs .json .vue .svelte .astro .prisma .ejs .hbs .pug .node .wasm`,
	Python: `.py .pyi .pyx .toml .html .jinja .jinja2 .j2 .ini .cfg .mo`,
	Go:     `.go .mod .sum .tpl .tmpl .gotmpl .gohtml .templ .html .work`,
	Ruby:   `.rb .ru .erb .rake .haml .slim .gemspec .jbuilder`,
	PHP:    `.php .phtml .twig .inc .ini`,
	Rust:   `.rs .toml`,
	JVM:    `.java .kt .kts .scala .groovy .clj .cljc .edn .gradle .properties .xml .jar`,
	Dotnet: `.cs .fs .vb .csproj .fsproj .vbproj .cshtml .razor .json .config`,
	Elixir: `.ex .exs .eex .heex .leex .erl .hrl`,
	Perl:   `.pl .pm .psgi .cgi .tt .ep`,
	Shell:  `.sh .bash .zsh`,
}

// programs is the kind of a program by its name. npm and its like are Node although a
// script may start anything.
var programs = byWord(map[Kind]string{
	Node: `node nodejs tsx ts-node ts-node-esm ts-node-dev tsnd swc-node esno babel-node bun bunx deno npm npx pnpm pnpx
		yarn yarnpkg corepack nodemon next nuxt vite nest remix remix-serve react-router astro fastify tsc webpack esbuild
		concurrently npm-run-all run-s run-p turbo nx lerna pm2 zx vite-node wrangler strapi sails coffee electron`,
	Python: `python pypy ipython gunicorn uvicorn hypercorn daphne granian waitress-serve uwsgi flask fastapi django-admin
		manage.py poetry pipenv pdm uv uvx rye hatch celery streamlit sanic litestar twistd jupyter`,
	Go:     `go air gin`,
	Ruby:   `ruby rails rackup puma unicorn thin falcon bundle bundler rake irb jruby iodine passenger`,
	PHP:    `php php-fpm artisan symfony composer frankenphp rr`,
	Rust:   `cargo rustc bacon`,
	JVM:    `java javaw mvn mvnw gradle gradlew kotlin kotlinc scala sbt clj clojure lein groovy quarkus jbang`,
	Dotnet: `dotnet mono`,
	Elixir: `elixir mix iex erl rebar3 gleam`,
	Perl:   `perl plackup starman starlet morbo hypnotoad twiggy`,
})

// scriptKinds is the kind of a script by its extension.
var scriptKinds = byWord(map[Kind]string{
	Node: `.js .mjs .cjs .ts .mts .cts .tsx .jsx`, Python: `.py`, Ruby: `.rb .ru`, PHP: `.php`, Perl: `.pl .psgi`,
	Elixir: `.exs`, JVM: `.jar`, Dotnet: `.dll`,
})

func byWord(words map[Kind]string) map[string]Kind {
	m := make(map[string]Kind)
	for kind, all := range words {
		for word := range strings.FieldsSeq(all) {
			m[word] = kind
		}
	}
	return m
}

// neutral are words of a shell script that say nothing about the kind.
var neutral = set(
	`cd pushd popd export set unset source . echo printf true : test [ sleep mkdir rm cp mv trap wait umask ulimit`)

// programName returns the name by which a program is known: without folder and without a version
// (python3.12, node-v22.1.0, php8.3).
func programName(word string) string {
	name := path.Base(word)
	if _, ok := programs[name]; ok {
		return name
	}
	if short := strings.TrimSuffix(strings.TrimRight(name, "0123456789.-"), "-v"); programs[short] != 0 {
		return short
	}
	return name
}

// extensions returns the extensions of the kinds in k, and those common to all.
func (k Kind) extensions() map[string]bool {
	all := common
	for kind, exts := range kindExts {
		if k&kind != 0 {
			all += " " + exts
		}
	}
	return set(all)
}
