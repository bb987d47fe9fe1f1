package setup

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// codeLimit bounds how many files and folders are looked at.
const codeLimit = 5000

var (
	codeFile = lazy.Pattern(`\.([cm]?[jt]sx?|py|go|rb)$`)
	notCode  = lazy.Pattern(`^(\..+|node_modules|vendor|venv|tests?|__tests__|e2e)$|[._-](test|spec)\.\w+$`)

	readsSlot  = lazy.Pattern(`\bSTART_REPLICATION\b|['"]pg-logical-replication['"]|\.start_replication\(`)
	webSockets = lazy.Pattern(`\bnew (WebSocketServer|WebSocket\.Server)\(|\bcreateNodeWebSocket\(|['"]@fastify/websocket['"]`)
	viteConfig = lazy.Pattern(`^vite\.config\.[cm]?[jt]s$`)
	proxied    = lazy.Pattern(`\bproxy\b[\s\S]*?\b(?:localhost|127\.0\.0\.1):(\d+)`)
	pageScript = lazy.Pattern(`<script[^>]*\bsrc=["']?/([\w./-]+)/[\w.-]+`)
	migrates   = lazy.Pattern(`['"]drizzle-orm/[\w-]+/migrator['"]|\bmigrate\.latest\(|\bmigrateToLatest\(|\brunMigrations\(`)
)

// consider reads the program's code for what hotswap.yaml needs, or may need.
func (p *project) consider(f *Proposal) {
	scripts, left := strings.Join(slices.Collect(maps.Values(p.manifest.Scripts)), " "), codeLimit
	var slot, sockets, once, vite bool
	pages := "" // the folder of what index.html loads
	html, _ := p.read("index.html")
	if m := pageScript().FindStringSubmatch(html); m != nil && !strings.Contains(f.Command, m[1]+"/") {
		pages = m[1]
	}
	_ = fs.WalkDir(p.files, ".", func(name string, e fs.DirEntry, err error) error {
		left--
		switch skip := name != "." && notCode().MatchString(e.Name()); {
		case left < 0:
			return fs.SkipAll
		case err != nil, e.IsDir() && (skip || rules.OutputDir(name)):
			return fs.SkipDir
		case e.IsDir() || skip || !codeFile().MatchString(name):
			return nil
		}
		text, _ := p.read(name)
		slot = slot || readsSlot().MatchString(text)
		vite = vite || strings.Contains(text, "middlewareMode")
		if strings.Contains(text, "./"+pages+"/") || strings.Contains(text, "ssrLoadModule") {
			pages = "" // the server loads what is there, too
		}
		sockets = sockets || webSockets().MatchString(text)
		if name == f.Source && p.reloads([]word{{Text: name}}) != "" {
			f.leave("the reloader that " + name + " starts: turn it off there")
		}
		if m := proxied().FindStringSubmatch(text); m != nil && viteConfig().MatchString(name) {
			f.Try = append(f.Try, "listen: "+m[1]+"  # requests through the proxy of "+name+" then wait while the server starts; it must listen on all addresses")
		}
		// What another script runs is not the program's start.
		once = once || migrates().MatchString(text) && (strings.Contains(f.Command, name) || !strings.Contains(scripts, name))
		return nil
	})
	if vite && pages != "" {
		f.Add("ignore", pages+"/**") // Vite updates them
	}
	restricted := slices.ContainsFunc(f.Keys, func(k Key) bool {
		return k.Name == watch && slices.ContainsFunc(k.Values, func(v string) bool { return v != "." && !strings.ContainsAny(v, "*?[{") })
	})
	inputs := ""
	for _, name := range []string{"drizzle/**", "migrations/**", "prisma/migrations/**", ".env", ".env.local"} {
		if folder := strings.TrimSuffix(name, "/**"); p.has(folder) {
			if restricted {
				p.take(&f.Found, watch, name, "")
			}
			if folder != name {
				inputs = cmp.Or(inputs, name)
			}
		}
	}
	switch {
	case slot:
		f.Add("strategy", "stop-first") // PostgreSQL has one reader for a slot
	case sockets && !strings.HasPrefix(f.Watcher, "bun"):
		f.Try = append(f.Try, "websocket: keep  # WebSockets move to the new process")
	}
	for _, name := range slices.Sorted(maps.Keys(p.manifest.Scripts)) {
		if once && inputs != "" && strings.HasSuffix(name, "migrate") {
			manager, _ := ManagerOf(p.files)
			f.Try = append(f.Try, fmt.Sprintf("once: [{run: %s, inputs: [%s]}]  # instead of at each start of the program",
				inJSON(cmp.Or(manager.Name, NPM.Name)+" run "+name), inputs))
			once = false
		}
	}
}
