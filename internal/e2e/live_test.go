//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// spoken is a server that writes a line at its start and for each request, and without a pause once it is asked for
// that.
const spoken = `
const http = require('http'), { version } = require('./version.json')
http.createServer((q, r) => {
  console.log('answers ' + q.url)
  if (q.url === '/talk') setInterval(console.log, 5, 'talks')
  r.end('version ' + version)
})
  .listen(process.env.PORT, '127.0.0.1', () => {
    console.log('version ' + version + ' listens')
    process.stdout.write(Buffer.from('\x1b[31;1mred\x1b[0m \u202egnp.<b>\n'))
    process.stdout.write(Buffer.from([0x62, 0x79, 0x74, 0x65, 0xff, 0x0a]))
  })
`

// The page follows a save, a broken save, a pause and a rollback, at the hands of somebody with a keyboard, and a new
// hotswap. docs/live.png shows the page after the broken save.
func TestLivePage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	version, broken := filepath.Join(dir, "version.json"), filepath.Join(dir, "broken")
	write(t, version, `{"version":1}`)
	write(t, filepath.Join(dir, "server.js"), spoken)
	h := start(t, options{
		dir: dir, command: words("node server.js"), args: []string{"--probation", "60s", "--build", "test ! -e broken",
			"--ui", "--ignore", "*.js"},
	})
	said := h.Wait("the page", is("live-page"))
	h.Serving(1)
	tab := openTab(t)
	tab.enter(strings.TrimPrefix(said.Message, "live page "))
	text := func(selector, want string) {
		t.Helper()
		tab.is("document.querySelector('"+selector+"')?.textContent", want)
	}
	parts := func(row int, want string) { // of a bar
		t.Helper()
		tab.is(
			fmt.Sprintf(
				"[...document.querySelectorAll('#bars li:nth-child(%d) div i')].map(i => i.className).join(' ')", row),
			want)
	}
	press := func(button, result string) {
		t.Helper()
		tab.run("document.querySelector('[data-do=" + button + "]').focus()")
		for _, kind := range []string{"keyDown", "keyUp"} {
			testkit.Must(tab.call(background(t), "Input.dispatchKeyEvent", map[string]any{"type": kind, "key": "Enter",
				"code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13}))(t)
		}
		text("#result", result)
	}
	shown := func(line, times string) { // of the output
		t.Helper()
		tab.is(
			fmt.Sprintf(
				"String([...document.querySelectorAll('#log div')].filter(e => e.checkVisibility() && e.textContent === '%s').length)", line), times)
	}
	text("#state", "generation 1 serves")
	tab.is("String(document.querySelector('#failure').hidden)", "true")
	parts(1, "boot serving")
	tab.is("[...document.querySelectorAll('#addresses a')].map(a => a.href + ' ' + a.textContent).join()",
		fmt.Sprintf("http://127.0.0.1:%[1]s/ 127.0.0.1:%[1]s", h.port))
	shown("1version 1 listens", "1")
	shown("1red �gnp.<b>", "1")
	shown("1byte�", "1")

	save(t, version, 2)
	text("#state", "generation 2 serves")
	ping(h.port)
	shown("2answers /ping", "1")
	tab.run(
		"document.querySelector('#gen').value = '2'; document.querySelector('#gen').dispatchEvent(new Event('change'))")
	shown("1version 1 listens", "0")
	shown("2version 2 listens", "1")
	tab.run(
		"document.querySelector('#gen').value = ''; document.querySelector('#gen').dispatchEvent(new Event('change'))")
	parts(2, "boot serving draining")

	write(t, version, `{"version": <img src=x onerror=document.title='run'>`)
	tab.is("String(document.querySelector('#failure').hidden)", "false")
	tab.is("String(document.querySelector('#failure h2').textContent.startsWith('SyntaxError: '))", "true")
	tab.is("String(document.querySelector('#failure').textContent.includes('<img src=x'))", "true")
	tab.is("String(document.querySelector('#failure img'))", "null")
	tab.is("document.querySelector('#bars li').className", "failed")
	parts(1, "failed")

	press("pause", "pause: paused")
	text("#state", "generation 2 serves · paused")
	press("resume", "resume: resumed")
	press("rollback", "rollback: generation 1 serves again")
	text("#state", "generation 1 serves")
	write(t, broken, "")
	write(t, version, `{"version": 44}`)
	text("#bars b", "–")
	testkit.NoError(t, os.Remove(broken))

	h.upgradeSelf(1)
	save(t, version, 5)
	tab.is("String([...document.querySelectorAll('#log div')].some(e => e.textContent.endsWith('version 5 listens')))",
		"true")
	tab.is("String(document.querySelector('#failure').hidden)", "true")
	shown("1version 1 listens", "1") // what the old hotswap has kept stays
	tab.is("document.body.className", "")
}
