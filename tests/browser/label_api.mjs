// label_api.mjs FOLDER PAGES PORT [--delay MS] [--token TOKEN]: the labelling API (docs/labelling-api.md) as small as the
// tests of its page need it, over FOLDER/frames and FOLDER/annotations, with the page itself from PAGES. What it
// acknowledged it has written: it may be killed at any time and started again. Prints its address.
import {closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync} from 'node:fs';
import {createServer} from 'node:http';
import {extname, join} from 'node:path';

const [folder, pages, port, ...flags] = process.argv.slice(2);
const flag = (name, otherwise) => (flags.includes(name) ? flags[flags.indexOf(name) + 1] : otherwise);
const delay = Number(flag('--delay', 0));
const token = flag('--token', '');
const role = flag('--role', 'admin');
const classes = ['CAT', 'DOG'];
const kAfter = {label: 'labelled', skip: 'skipped', reject: 'rejected', restore: 'unlabelled', clear: 'unlabelled'};
const kPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
  + "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const kTypes = {'.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml'};
const kImages = {'.png': 'image/png', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.webp': 'image/webp', '.bmp': 'image/bmp'};

const items = new Map();
const events = [];
const answers = new Map();  // key → result
let sequence = 1;
const journalFile = join(folder, 'journal.jsonl');
mkdirSync(join(folder, 'annotations'), {recursive: true});

// A model that is sure of most and knows the class by the file's name; every seventh time it is wrong.
function prediction(name) {
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) % 10_007;
  const dog = name.includes('dog') !== (hash % 7 === 0);
  const sure = 0.5 + (hash % 500) / 1001;
  return {label: dog ? 'DOG' : 'CAT', score: Number((dog ? sure : 1 - sure).toFixed(4)), version: 2};
}

function add(name) {
  const {size, mtime} = statSync(join(folder, 'frames', name));
  items.set(name, {
    name, revision: 0, state: 'unlabelled', label: null, source: null, score: null, version: null, annotator: null,
    labelled_at: null, prediction: null, bytes: size, modified_at: mtime.toISOString(),
  });
}

// Several at once are one write to the disk.
function append(lines) {
  const file = openSync(journalFile, 'a');
  writeSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  fsyncSync(file);
  closeSync(file);
}

function annotate(item) {
  const file = join(folder, 'annotations', `${item.name.replace(/\.[^.]*$/, '')}.json`);
  if (item.state !== 'labelled') return rmSync(file, {force: true});
  const handle = openSync(file, 'w');
  writeSync(handle, `{"label": "${item.label}", "source": "${item.source}", "score": ${item.score}, "version": ${item.version}}`);
  closeSync(handle);
}

// Makes an event true: at the request, and again after a start.
function apply(event) {
  const item = items.get(event.name);
  if (!item) return undefined;
  const kept = event.label !== null && event.shown?.label === event.label;
  Object.assign(item, {
    revision: event.revision, state: event.after, label: event.label, annotator: event.annotator, labelled_at: event.at,
    source: event.label === null ? null : kept ? 'auto' : 'manual', score: event.label === null ? null : event.shown?.score ?? null,
    version: event.label === null ? null : event.shown?.version ?? null, sequence: ++sequence,
  });
  if (event.undoes !== null) events.find((each) => each.id === event.undoes).undone = true;
  events.push(event);
  answers.set(event.key, {status: 200, item: {...item}});
  return item;
}

function eventOf(change, annotator, item, undoes = null) {
  return {
    id: events.length + 1, key: change.key, at: new Date().toISOString(), name: item.name, annotator, action: change.action,
    label: change.label ?? null, before: {state: item.state, label: item.label}, after: kAfter[change.action],
    revision: item.revision + 1, shown: change.shown ?? null, blind: change.blind ?? false,
    milliseconds: change.milliseconds ?? null, undoes, source: 'page',
  };
}

function change(asked, annotator, made) {
  if (answers.has(asked.key)) return answers.get(asked.key);
  const item = items.get(asked.name);
  if (!item) return {status: 404, message: 'no such image'};
  if (!/^[A-Za-z0-9_-]{8,64}$/.test(asked.key) || !(asked.action in kAfter)) return {status: 400, message: 'key or action'};
  if (asked.action === 'label' && !classes.includes(asked.label)) return {status: 400, message: 'unknown class'};
  if (item.revision !== asked.revision) return {status: 409, item: {...item}};
  const event = eventOf(asked, annotator, item);
  made.push(event);
  annotate(apply(event));
  return answers.get(asked.key);
}

function undo(key, annotator) {
  if (answers.has(key)) return [200, {item: answers.get(key).item, undone: {}}];
  const event = events.filter((each) => each.annotator === annotator && !each.undone && each.undoes === null).at(-1);
  if (!event) return [404, {message: 'nothing to undo'}];
  const item = items.get(event.name);
  const back = eventOf({key, action: 'clear', label: event.before.label}, annotator, item, event.id);
  back.after = event.before.state;
  append([back]);
  annotate(apply(back));
  return [200, {item, undone: event}];
}

function orderOf(sort, seed) {
  const certainty = ({prediction: known}) => (known ? Math.abs(known.score - 0.5) : 9);
  const mix = (name) => [...name].reduce((sum, letter) => (sum * 33 + letter.codePointAt(0)) % 65_521, Number(seed) % 65_521);
  if (sort === 'uncertain' || sort === 'confident') return (a, b) => certainty(a) - certainty(b);
  if (sort === 'random') return (a, b) => mix(a.name) - mix(b.name);
  return (a, b) => (a.name < b.name ? -1 : 1);
}

function page(query) {
  const list = (name) => query.get(name)?.split(',');
  const states = list('state') ?? ['unlabelled', 'labelled', 'skipped'];
  const labels = list('label');
  const part = query.get('name')?.toLowerCase();
  const fits = (item) => states.includes(item.state)
    && (!labels || labels.includes(item.label)) && (!part || item.name.toLowerCase().includes(part))
    && (!query.get('disagree') || (item.label && item.prediction && item.label !== item.prediction.label));
  // The cursor is a place in the order of all items, so that those that change meanwhile move nobody.
  const all = [...items.values()].sort(orderOf(query.get('sort'), query.get('seed') ?? 0));
  const limit = Number(query.get('limit') ?? 100);
  const rest = all.slice(Number(query.get('cursor') ?? 0)).filter(fits);
  const end = rest.length > limit ? all.indexOf(rest[limit]) : 0;
  return {items: rest.slice(0, limit), next: end > 0 ? String(end) : null, total: all.filter(fits).length};
}

function counted(values) {
  const counts = {};
  for (const value of values) if (value !== null) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

function progress() {
  const all = [...items.values()];
  const state = (name) => all.filter((item) => item.state === name).length;
  const labelled = all.filter((item) => item.state === 'labelled');
  const followed = (blind) => {
    const of = events.filter((event) => event.action === 'label' && event.blind === blind && (blind || event.shown));
    return {labels: of.length, agree: of.filter((event) => event.label === prediction(event.name).label).length};
  };
  const times = events.map((event) => event.milliseconds).filter((time) => time !== null).sort((a, b) => a - b);
  const seconds = times.length > 0 ? times[times.length >> 1] / 1000 : null;
  return {
    total: all.length - state('rejected'), unlabelled: state('unlabelled'), labelled: labelled.length, skipped: state('skipped'),
    rejected: state('rejected'), by_label: counted(labelled.map((item) => item.label)), by_source: counted(labelled.map((item) => item.source)),
    by_annotator: counted(labelled.map((item) => item.annotator)), labels_last_hour: events.length, seconds_per_label: seconds,
    hours_left: seconds === null ? null : (state('unlabelled') * seconds) / 3600, blind: followed(true), shown: followed(false),
  };
}

function imported(name, body) {
  const known = readdirSync(join(folder, 'frames')).find((other) => readFileSync(join(folder, 'frames', other)).equals(body));
  if (known) return {name, status: 'duplicate', as: known, message: null};
  if (body.subarray(1, 4).toString() !== 'PNG' && body.readUInt16BE(0) !== 0xffd8) return {name, status: 'refused', as: null, message: 'no image by its first bytes'};
  const handle = openSync(join(folder, 'frames', name), 'wx');
  writeSync(handle, body);
  closeSync(handle);
  add(name);
  return {name, status: 'imported', as: name, message: null};
}

// [status, JSON]
function api(method, url, body, annotator) {
  const json = method === 'POST' && url.pathname !== '/api/import' ? JSON.parse(body.toString()) : undefined;
  switch (url.pathname) {
    case '/api/session':
      return [200, {annotator: annotator || 'somebody', role, classes, predictions: 'on', blind_share: Number(flag('--blind', 0)), program_version: '1.0.0', named: token !== ''}];
    case '/api/items': return [200, page(url.searchParams)];
    case '/api/labels': {
      const made = [];
      const results = json.changes.map((each) => change(each, annotator, made));
      if (made.length > 0) append(made);
      return [200, {results}];
    }
    case '/api/undo': return undo(json.key, annotator);
    case '/api/predictions': {
      const asked = json.names.map((name) => items.get(name)).filter(Boolean);
      for (const item of asked) item.prediction = prediction(item.name);
      return [200, {items: asked}];
    }
    case '/api/changes': {
      const since = url.searchParams.get('since');
      return [200, {sequence, items: since === null ? [] : [...items.values()].filter((item) => item.sequence > Number(since)), more: false}];
    }
    case '/api/progress': return [200, progress()];
    case '/api/agreement': return [200, {pairs: [{first: 'anna', second: 'ben', items: 50, agree: 46, kappa: 0.84}]}];
    case '/api/import': return [200, {results: [imported(url.searchParams.get('name'), body)]}];
    default: {
      const name = decodeURIComponent(url.pathname.slice('/api/items/'.length));
      if (!url.pathname.startsWith('/api/items/') || !items.has(name)) return [404, {message: 'nothing here'}];
      return [200, {item: items.get(name), history: events.filter((event) => event.name === name).reverse()}];
    }
  }
}

function file(path, type, response) {
  if (!type || !existsSync(path)) return response.writeHead(404).end();
  response.writeHead(200, {'Content-Type': type, 'Content-Security-Policy': kPolicy, 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-cache'});
  return response.end(readFileSync(path));
}

function answer(request, response, body) {
  const url = new URL(request.url, 'http://localhost');
  const image = /^\/(?:files|thumbnails)\/(.*)$/.exec(url.pathname);
  const isPage = !image && !url.pathname.startsWith('/api/');
  if (url.pathname === '/login') {
    response.writeHead(303, {'Set-Cookie': `token=${url.searchParams.get('token')}; HttpOnly; SameSite=Strict`, Location: '/'});
    return response.end();
  }
  if (isPage) return file(join(pages, url.pathname === '/' ? 'index.html' : url.pathname), kTypes[extname(url.pathname) || '.html'], response);
  if (token && !request.headers.cookie?.includes(`token=${token}`)) {
    return response.writeHead(401, {'Content-Type': 'application/json'}).end('{"message": "a token is needed"}');
  }
  if (image) {
    const name = decodeURIComponent(image[1]);
    return file(join(folder, 'frames', name), items.has(name) ? kImages[extname(name).toLowerCase()] : undefined, response);
  }
  const annotator = token ? 'anna' : Buffer.from(request.headers['x-annotator'] ?? '', 'latin1').toString();
  const [status, json] = api(request.method, url, body, annotator);
  return response.writeHead(status, {'Content-Type': 'application/json'}).end(JSON.stringify(json));
}

for (const name of readdirSync(join(folder, 'frames')).sort()) add(name);
if (existsSync(journalFile)) {
  for (const line of readFileSync(journalFile, 'utf8').split('\n')) if (line) apply(JSON.parse(line));
}
const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const now = () => answer(request, response, Buffer.concat(parts));
    if (delay > 0) setTimeout(now, delay);
    else now();
  });
});
server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.on('end', () => process.exit(0)).resume();
