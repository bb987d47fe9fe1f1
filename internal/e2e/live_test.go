//go:build linux

package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// red is what has failed, in the light scheme.
const red = "rgb(209, 60, 60)"

// spoken is a server that writes a line at its start and for each request, and without a pause once it is asked for that.
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

// picture writes what the tab shows into a file, if the environment names one. docs/live.png is made so:
//
//	HOTSWAP_E2E=1 HOTSWAP_PICTURE=$PWD/docs/live.png go test -run TestLivePage ./internal/e2e
func (p *tab) picture(file string) {
	p.t.Helper()
	if file == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := p.call(ctx, "Emulation.setDeviceMetricsOverride", map[string]any{"width": 820, "height": 560, "deviceScaleFactor": 1, "mobile": false})
	var b json.RawMessage
	if err == nil {
		b, err = p.call(ctx, "Page.captureScreenshot", map[string]any{"format": "png"})
	}
	var shot struct{ Data string }
	if err == nil {
		err = json.Unmarshal(b, &shot)
	}
	var png []byte
	if err == nil {
		png, err = base64.StdEncoding.DecodeString(shot.Data)
	}
	if err == nil {
		err = os.WriteFile(file, png, 0o644)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// openLive starts the server with a live page, and opens the page.
func openLive(t *testing.T, args ...string) (h *hotswap, page *tab, port, version, at string) {
	t.Helper()
	dir := t.TempDir()
	port, version = freePort(t), filepath.Join(dir, "version.json")
	write(t, version, `{"version":1}`)
	write(t, filepath.Join(dir, "server.js"), spoken)
	h = start(t, options{
		dir: dir, env: []string{"PORT=" + port}, command: []string{"node", "server.js"}, args: append(args, "--ui", "--ignore", "*.js"),
	})
	said := h.Wait("the page", is("live-page"))
	h.Serving(1)
	page, at = openTab(t), strings.TrimPrefix(said.Message, "live page ")
	page.enter(at)
	return h, page, port, version, at
}

// The page follows a save, a broken save, a pause and a rollback, at the hands of somebody with a keyboard, and a new
// hotswap.
func TestLivePage(t *testing.T) {
	t.Parallel()
	h, tab, port, version, _ := openLive(t, "--probation", "60s", "--build", "test ! -e broken")
	state := func(want string) { t.Helper(); tab.is("document.querySelector('#state')?.textContent", want) }
	parts := func(row int, want string) { // of a bar
		t.Helper()
		tab.is(fmt.Sprintf("[...document.querySelectorAll('#bars li:nth-child(%d) div i')].map(i => i.className).join(' ')", row), want)
	}
	press := func(button string) {
		t.Helper()
		tab.run("document.querySelector('[data-do=" + button + "]').focus()")
		for _, kind := range []string{"keyDown", "keyUp"} {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			_, err := tab.call(ctx, "Input.dispatchKeyEvent", map[string]any{"type": kind, "key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13})
			cancel()
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	result := func(want string) { t.Helper(); tab.is("document.querySelector('#result').textContent", want) }
	state("generation 1 serves")
	tab.is("String(document.querySelector('#failure').hidden)", "true")
	parts(1, "boot serving")
	tab.is("[...document.querySelectorAll('#addresses a')].map(a => a.href + ' ' + a.textContent).join()", fmt.Sprintf("http://127.0.0.1:%[1]s/ 127.0.0.1:%[1]s", port))
	tab.is("document.querySelector('#axis').lastChild.textContent", "now")

	shown := func(line string) string { // of the output: how often that is shown
		return fmt.Sprintf("String([...document.querySelectorAll('#log div')].filter(e => e.checkVisibility() && e.textContent === '%s').length)", line)
	}
	tab.is(shown("1version 1 listens"), "1")
	tab.is(shown("1red �gnp.<b>"), "1")
	tab.is(shown("1byte�"), "1")

	save(t, version, 2)
	state("generation 2 serves")
	tab.is(shown("2version 2 listens"), "1")
	ping(port)
	tab.is(shown("2answers /ping"), "1")
	tab.run("document.querySelector('#gen').value = '2'; document.querySelector('#gen').dispatchEvent(new Event('change'))")
	tab.is(shown("1version 1 listens"), "0")
	tab.is(shown("2version 2 listens"), "1")
	tab.run("document.querySelector('#gen').value = ''; document.querySelector('#gen').dispatchEvent(new Event('change'))")
	tab.is(shown("1version 1 listens"), "1")
	parts(1, "boot serving")
	parts(2, "boot serving draining")

	write(t, version, `{"version": <img src=x onerror=document.title='run'>`)
	tab.is("String(document.querySelector('#failure').hidden)", "false")
	tab.is("String(document.querySelector('#failure h2').textContent.startsWith('SyntaxError: '))", "true")
	tab.is("String(document.querySelector('#failure p').textContent.includes(' · generation 3 failed: exit 1 before it listened · '))", "true")
	tab.is("String(document.querySelector('#failure pre').textContent.startsWith('node:'))", "false")
	tab.is("document.querySelector('#bars li').className + getComputedStyle(document.querySelector('#bars li span')).color", "failed"+red)
	tab.is("String(document.querySelector('#failure').textContent.includes('<img src=x'))", "true")
	tab.is("String(document.querySelector('#failure img'))", "null")
	parts(1, "failed")
	state("generation 2 serves")
	tab.picture(os.Getenv("HOTSWAP_PICTURE"))

	press("pause")
	result("pause: paused")
	state("generation 2 serves · paused")
	press("resume")
	result("resume: resumed: no file has changed")
	press("rollback")
	result("rollback: generation 1 serves again")
	state("generation 1 serves")
	write(t, version, `{"version": 4}`)
	press("reload")
	tab.is("String(/generation [45] serves/.test(document.querySelector('#state').textContent))", "true")
	tab.is("String(document.querySelector('#failure').hidden)", "true")

	write(t, filepath.Join(filepath.Dir(version), "broken"), "")
	write(t, version, `{"version": 44}`)
	tab.is("document.querySelector('#bars b').textContent", "–")
	parts(1, "failed")
	if err := os.Remove(filepath.Join(filepath.Dir(version), "broken")); err != nil {
		t.Fatal(err)
	}

	h.upgradeSelf(1)
	save(t, version, 5)
	tab.is("String([...document.querySelectorAll('#log div')].some(e => e.textContent.endsWith('version 5 listens')))", "true")
	tab.is(shown("1version 1 listens"), "1") // what the old hotswap has kept stays
	tab.is("document.body.className", "")
}
