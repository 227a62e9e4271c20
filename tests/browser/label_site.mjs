// A label server for a test: `animalctl label-server` with a model beside it, started, killed and started again on the same
// port and folder.
import {spawn} from 'node:child_process';
import {copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

import {DelayingProxy, startModel} from './label_helpers.mjs';

export class LabelSite {
  // `program`: animalctl. Copies `names` (or everything) of the folder `pictures` into a workspace of its own; `copies`:
  // name → picture. `people`: with tokens ({name, role, token}, docs/formats/label-tokens.md).
  // `delay`: milliseconds by which every answer comes late.
  constructor({program, pictures, names = readdirSync(pictures).sort(), copies = {}, blindShare = 0, people, delay = 0}) {
    this.program = program;
    this.flags = ['--blind-share', String(blindShare)];
    this.delay = delay;
    this.port = 0;
    this.folder = mkdtempSync(join(tmpdir(), 'animalctl-label-'));
    mkdirSync(join(this.folder, 'frames'));
    for (const name of names) copyFileSync(join(pictures, name), join(this.folder, 'frames', name));
    for (const [name, from] of Object.entries(copies)) copyFileSync(join(pictures, from), join(this.folder, 'frames', name));
    this.sources = new Map([...names.map((name) => [name, name]), ...Object.entries(copies)]);
    this.pictures = pictures;
    if (people) {
      writeFileSync(join(this.folder, 'tokens.json'), JSON.stringify({format: 1, people}), {mode: 0o600});
      this.flags.push('--tokens', 'tokens.json');
      this.headers = {Authorization: `Bearer ${people[0].token}`};
    }
  }

  async start() {
    this.model ??= await startModel(this.pictures, this.sources);
    this.process = spawn(this.program, [
      'label-server', '--frames-dir', 'frames', '--annotations-dir', 'annotations', '--port', String(this.port), '--no-api-port',
      '--predict-url', this.model.address, ...this.flags,
    ], {cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe']});
    let log = '';
    this.process.stderr.on('data', (text) => { log += text; });
    const line = await new Promise((resolve, reject) => {
      createInterface({input: this.process.stdout}).once('line', resolve);
      this.process.once('exit', (code) => reject(new Error(`label-server ended with ${code}: ${log}`)));
    });
    this.address = JSON.parse(line).page;
    this.port = Number(new URL(this.address).port);
    while ((await this.ask('/api/session')).predictions !== 'on') await new Promise((resolve) => setTimeout(resolve, 20));
    if (this.delay > 0) {
      this.proxy ??= await new DelayingProxy(this.port, this.delay).start();
      this.address = this.proxy.address;
    }
    return this;
  }

  // As a power cut does.
  async kill() {
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await gone;
  }

  async end() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.kill();
    await this.proxy?.end();
    await this.model?.end();
    rmSync(this.folder, {recursive: true, force: true});
  }

  // What the API answers, asked without the page.
  async ask(path, body, headers = {}) {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      headers: {...this.headers, ...(body ? {'Content-Type': 'application/json'} : {}), ...headers},
      ...(body ? {method: 'POST', body: JSON.stringify(body)} : {}),
    });
    if (!answer.ok) throw new Error(`${path} is answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }

  // name without extension → annotation, as it stands in the folder
  annotations() {
    const folder = join(this.folder, 'annotations');
    if (!existsSync(folder)) return {};
    return Object.fromEntries(readdirSync(folder).map((name) => [name.replace(/\.json$/, ''), JSON.parse(readFileSync(join(folder, name), 'utf8'))]));
  }

  // Events that the server has on its disk, oldest first.
  async history() {
    const {events} = await this.ask('/api/history?limit=1000');
    return events.reverse();
  }
}

// Runs `work` on a site of its own, which ends with it.
export async function withSite(options, work) {
  const site = await new LabelSite(options).start();
  try {
    await work(site);
  } finally {
    await site.end();
  }
}
