//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const honoApp = `
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { version } from './version.js'
const app = new Hono()
app.get('/ping', (c) => c.json({ pong: true, version, pid: process.pid }))
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT) })
`

const expressApp = `
const app = require('express')()
const { version } = require('./lib/version.cjs')
app.get('/ping', (req, res) => res.json({ pong: true, version, pid: process.pid }))
app.listen(Number(process.env.PORT), '127.0.0.1')
`

const goApp = `package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "{\"pong\": true, \"version\": %d, \"pid\": %d}", version, os.Getpid())
	})
	panic(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
`

const fastAPIApp = `
import os
from fastapi import FastAPI
from version import version
app = FastAPI()

@app.get("/ping")
def ping(): return {"pong": True, "version": version, "pid": os.getpid()}
`

const flaskApp = `
import os
from flask import Flask
from version import version
app = Flask(__name__)

@app.get("/ping")
def ping(): return {"pong": True, "version": version, "pid": os.getpid()}
`

const djangoApp = `
import os, sys
from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import JsonResponse
from django.urls import path
from version import version
settings.configure(DEBUG=True, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])
urlpatterns = [path("ping", lambda request: JsonResponse({"pong": True, "version": version, "pid": os.getpid()}))]
execute_from_command_line(sys.argv)
`

const plainApp = `
const { version } = require('./lib/version.cjs')
require('node:http').createServer((req, res) => res.end(JSON.stringify({ pong: true, version, pid: process.pid })))
  .listen(Number(process.env.PORT), '127.0.0.1')
`

// initCase is a project with its own watcher.
type initCase struct {
	name    string
	files   map[string]string // the project
	modules string            // node_modules, relative to the repository
	needs   []string          // a command that ends with 0 where the test can run
	save    string            // the file with the version
	text    string            // of that file
	script  bool              // start it by npm run dev
}

// What hotswap init writes serves, and a save is a swap: by hotswap alone, and by the script.
func TestInitOfRealProjects(t *testing.T) {
	t.Parallel()
	for _, c := range []initCase{
		{name: "tsx watch and hono", modules: "examples/hono-cdc/node_modules", save: "src/version.ts", text: "export const version: number = VERSION", script: true,
			files: map[string]string{
				"package.json": `{
	"type": "module",
	"scripts": {
		"dev": "cross-env NODE_ENV=development tsx watch --clear-screen=false --exclude './gen/**' src/index.ts" },
	"devDependencies": { "cross-env": "*", "tsx": "*" }
}`,
				"src/index.ts": honoApp,
			}},
		{name: "nodemon and express", modules: "internal/e2e/testdata/websockets/node_modules", save: "lib/version.cjs", text: "exports.version = VERSION",
			files: map[string]string{
				"package.json": `{"main": "app.cjs", "scripts": {"dev": "nodemon --inspect=0"}, "dependencies": {"express": "*"}}`,
				"nodemon.json": `{"watch": ["lib", "app.cjs"], "ext": "cjs,json", "ignore": ["lib/*.test.cjs"], "env": {"NODE_ENV": "development"}}`,
				"app.cjs":      expressApp,
			}},
		{name: "air and go", needs: []string{"go", "version"}, save: "version.go", text: "package main\n\nconst version = VERSION\n",
			files: map[string]string{
				"go.mod": "module app\n\ngo 1.24\n", "main.go": goApp,
				".air.toml": "[build]\ncmd = 'go build -o ./tmp/main .'\nbin = './tmp/main'\ndelay = 100\nexclude_dir = ['tmp', 'assets']\nsend_interrupt = true\n",
			}},
		{name: "node --watch", save: "lib/version.cjs", text: "exports.version = VERSION",
			files: map[string]string{"package.json": `{"scripts": {"dev": "node --watch app.cjs"}}`, "app.cjs": plainApp}},
		{name: "bun --hot", modules: "examples/plugins/node_modules", save: "lib/version.cjs", text: "exports.version = VERSION",
			files: map[string]string{"package.json": `{"scripts": {"dev": "bun --hot app.cjs"}}`, "app.cjs": plainApp}},
		{name: "ts-node-dev", modules: "internal/e2e/testdata/tools/node_modules", save: "lib/version.cjs", text: "exports.version = VERSION",
			files: map[string]string{
				"package.json":  `{"scripts": {"dev": "ts-node-dev --respawn --transpile-only app.ts"}}`,
				"tsconfig.json": `{"compilerOptions": {"module": "commonjs", "esModuleInterop": true}}`,
				"app.ts":        "declare const require: any, process: any" + plainApp,
			}},
		{name: "flask --debug run", needs: []string{"/usr/bin/python3", "-c", "import flask"}, save: "version.py", text: "version = VERSION\n",
			files: map[string]string{"app.py": flaskApp, "Procfile": "web: /usr/bin/python3 -m flask --debug run --port $PORT\n"}},
		{name: "manage.py runserver", needs: []string{"/usr/bin/python3", "-c", "import django"}, save: "version.py", text: "version = VERSION\n",
			files: map[string]string{"manage.py": djangoApp, "Procfile": "web: /usr/bin/python3 manage.py runserver $PORT\n"}},
		{name: "uvicorn and fastapi", needs: []string{"/usr/bin/python3", "-c", "import fastapi, uvicorn"}, save: "version.py", text: "version = VERSION\n",
			files: map[string]string{"app.py": fastAPIApp, "Procfile": "web: /usr/bin/python3 -m uvicorn app:app --reload --reload-dir . --port $PORT\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t)
		})
	}
}

func (c initCase) run(t *testing.T) {
	if len(c.needs) > 0 {
		needs(t, c.needs...)
	}
	dir := t.TempDir()
	for name, text := range c.files {
		write(t, filepath.Join(dir, name), text)
	}
	if c.modules != "" {
		modules := filepath.Join(root, c.modules)
		install(t, filepath.Dir(modules))
		if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
			t.Fatal(err)
		}
	}
	c.version(t, dir, 1)

	cmd := exec.CommandContext(background(t), binary, "init")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	port := freePort(t)
	o := options{dir: dir, env: []string{"PORT=" + port, "GOFLAGS=-trimpath", "PATH=" + filepath.Dir(binary) + ":" + os.Getenv("PATH")}}
	if c.script {
		o.binary, o.wrap = "npm", []string{"run", "dev", "--"}
	}
	h := start(t, o)
	if l := h.Serving(1); len(l.Files) > 0 {
		t.Errorf("%+v", l)
	}
	answered(t, port, "1")
	c.version(t, dir, 2)
	h.Serving(2)
	answered(t, port, "2")
	if h.Count(is("own-watcher")) > 0 {
		t.Error("the command of hotswap.yaml watches files itself")
	}
	if c.script { // npm passes SIGTERM on, unlike the signal with which the test would end it
		h.signal(syscall.SIGTERM)
		h.Exit()
	}
}

// version saves the file with the version.
func (c initCase) version(t *testing.T, dir string, version int) {
	t.Helper()
	write(t, filepath.Join(dir, c.save), strings.Replace(c.text, "VERSION", string(rune('0'+version)), 1))
}
