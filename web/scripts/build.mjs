// build.mjs OUT: checks the types, builds every folder of pages/ into OUT/<name>/, and copies Swagger UI to OUT/docs/.
import {spawnSync} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, readdirSync, rmSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'vite';

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const out = resolve(process.argv[2] ?? '');
if (process.argv.length !== 3) {
  console.error('usage: node scripts/build.mjs OUT');
  process.exit(2);
}

function checkTypes() {
  const compiler = join(web, 'node_modules/typescript/bin/tsc');
  const {status} = spawnSync(process.execPath, [compiler, '--noEmit', '-p', web], {stdio: 'inherit'});
  if (status !== 0) process.exit(1);  // the compiler has said why
}

async function buildPage(name) {
  await build({
    configFile: false,
    root: join(web, 'pages', name),
    base: './',
    logLevel: 'warn',
    esbuild: {jsx: 'automatic', jsxImportSource: 'preact'},
    build: {
      outDir: join(out, name),
      emptyOutDir: true,
      target: 'es2021',
      // A strict Content-Security-Policy: nothing is put into the HTML.
      assetsInlineLimit: 0,
      modulePreload: false,
    },
  });
}

// Only what the page loads; the rest of the package is twenty times as large.
function copySwagger() {
  const target = join(out, 'docs');
  rmSync(target, {recursive: true, force: true});
  mkdirSync(target, {recursive: true});
  const from = join(web, 'node_modules/swagger-ui-dist');
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'LICENSE', 'NOTICE']) {
    cpSync(join(from, file), join(target, file === 'LICENSE' || file === 'NOTICE' ? `${file}.txt` : file));
  }
  cpSync(join(web, 'swagger'), target, {recursive: true});
}

checkTypes();
for (const entry of readdirSync(join(web, 'pages'), {withFileTypes: true})) {
  if (entry.isDirectory() && existsSync(join(web, 'pages', entry.name, 'index.html'))) await buildPage(entry.name);
}
copySwagger();
