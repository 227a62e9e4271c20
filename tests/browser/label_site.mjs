// A labelling server for a test: started, killed and started again on the same port and folder.
import {spawn} from 'node:child_process';
import {copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

export class LabelSite {
  // Copies `names` (or everything) of the folder `pictures` into a workspace of its own. `flags`: label_api.mjs.
  constructor({pages, pictures, names = readdirSync(pictures).sort(), copies = {}, flags = []}) {
    this.pages = pages;
    this.flags = flags;
    this.port = 0;
    this.folder = mkdtempSync(join(tmpdir(), 'animalctl-label-'));
    mkdirSync(join(this.folder, 'frames'));
    for (const name of names) copyFileSync(join(pictures, name), join(this.folder, 'frames', name));
    for (const [name, from] of Object.entries(copies)) copyFileSync(join(pictures, from), join(this.folder, 'frames', name));
  }

  async start() {
    const script = join(here, 'label_api.mjs');
    this.process = spawn(process.execPath, [script, this.folder, this.pages, String(this.port), ...this.flags], {stdio: ['pipe', 'pipe', 'inherit']});
    const [line] = await new Promise((resolve, reject) => {
      createInterface({input: this.process.stdout}).once('line', (text) => resolve([text]));
      this.process.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    });
    this.address = line;
    this.port = Number(new URL(line).port);
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
    rmSync(this.folder, {recursive: true, force: true});
  }

  // name without extension → annotation
  annotations() {
    const folder = join(this.folder, 'annotations');
    return Object.fromEntries(readdirSync(folder).map((name) => [name.replace(/\.json$/, ''), JSON.parse(readFileSync(join(folder, name), 'utf8'))]));
  }

  write(name, bytes) {
    writeFileSync(join(this.folder, 'frames', name), bytes);
  }

  // Events that the server has on its disk.
  history() {
    const file = join(this.folder, 'journal.jsonl');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
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
