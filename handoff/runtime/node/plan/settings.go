package plan

// settings are files that say which packages a program has and how it is run, and folders whose
// change means the same.
var settings = []string{
	"package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml",
	"bun.lock", "bun.lockb", ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnp.cjs", ".pnp.loader.mjs", ".node-version", ".nvmrc",
	"node_modules", "node_modules/.package-lock.json", "node_modules/.modules.yaml", "node_modules/.yarn-state.yml", "node_modules/.yarn-integrity",
	"tsconfig*.json", "jsconfig.json", ".env*",
}
