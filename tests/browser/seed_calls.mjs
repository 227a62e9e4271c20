// seed_calls.mjs PROGRAM: the calls of the replaced labeller's page, made by Chromium from a page of another origin
// (http://localhost:PORT) against the API port, as that page makes them: a list, images, JSON that a browser asks leave for
// first. And a page of a third origin, which gets nothing.
import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

import {check, withBrowser} from './browser.mjs';

const [program] = process.argv.slice(2);
// One red pixel.
const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC', 'base64');
const folder = mkdtempSync(join(tmpdir(), 'animalctl-seed-calls-'));
const has = (path) => existsSync(join(folder, path));

// An empty page; both names lead to it.
async function pageServer() {
  const server = createServer((request, response) => response.writeHead(200, {'Content-Type': 'text/html'}).end('<!doctype html><title>seed</title>'));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function labelServer(origin) {
  const child = spawn(program, ['label-server', '--frames-dir', 'frames', '--annotations-dir', 'annotations', '--port', '0', '--api-port', '0', '--cors-origin', origin],
    {cwd: folder, stdio: ['ignore', 'pipe', 'inherit']});
  const line = await new Promise((resolve, reject) => {
    createInterface({input: child.stdout}).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`label-server ended with ${code}`)));
  });
  return {child, api: JSON.parse(line).api.replace('127.0.0.1', 'localhost')};
}

// Runs in the page.
async function seedPage(api) {
  const save = async (body) => {
    const answer = await fetch(`${api}/label`, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
    return [answer.status, await answer.text()];
  };
  const list = async () => (await fetch(`${api}/filelist`)).json();
  const width = (name) => new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve(image.naturalWidth);
    image.onerror = () => resolve(0);
    image.src = `${api}/files/${name}`;
  });
  return {
    first: await list(),
    width: await width('a.png'),
    manual: await save({label: 'DOG', filename: 'a.png', score: null, version: null}),
    kept: await save({label: 'CAT', filename: 'b.png', score: 0.03, version: 2}),
    reject: await save({label: 'REJECT', filename: 'c.png', score: null, version: null}),
    last: await list(),
  };
}

async function stranger(api) {
  const refused = (promise) => promise.then(() => false, () => true);
  return [
    await refused(fetch(`${api}/filelist`)),
    await refused(fetch(`${api}/label`, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{"label":"DOG","filename":"d.png"}'})),
    // Needs no leave, but is no JSON by its type.
    await fetch(`${api}/label`, {method: 'POST', mode: 'no-cors', body: '{"label":"DOG","filename":"d.png"}'}).then(() => true, () => true),
  ];
}

mkdirSync(join(folder, 'frames'));
for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(folder, 'frames', `${name}.png`), picture);
const pages = await pageServer();
const port = pages.address().port;
const {child, api} = await labelServer(`http://localhost:${port}`);
try {
  await withBrowser(async (browser) => {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${port}/`);
    const found = await page.evaluate(seedPage, api);
    await page.goto(`http://127.0.0.1:${port}/`);
    found.stranger = await page.evaluate(stranger, api);
    found.annotations = ['a', 'b'].map((name) => JSON.parse(readFileSync(join(folder, 'annotations', `${name}.json`), 'utf8')));
    check(!has('frames/c.png') && has('trash/frames/c.png'), 'a reject moves the image to the trash');
    check(!has('annotations/d.json'), 'a stranger labels nothing');
    console.log(JSON.stringify(found));
  });
} finally {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
  pages.close();
  rmSync(folder, {recursive: true, force: true});
}
