// seed_like_server.mjs FOLDER: the replaced labeller's two calls as its server does them, written anew for the comparison: a
// list of all frames searched in a list of all annotations at each question, a file a label. Node's own HTTP without a
// framework, which is the quicker of the two. A label is as durable as ours: temporary file, fsync, rename, fsync of the
// folder. Prints its address.
import {open, readdir, rename} from 'node:fs/promises';
import {createServer} from 'node:http';
import {join, parse} from 'node:path';

const [folder] = process.argv.slice(2);
const frames = join(folder, 'frames');
const annotations = join(folder, 'annotations');
let written = 0;

async function filelist() {
  const images = await readdir(frames);
  const labelled = (await readdir(annotations)).map((name) => parse(name).name);
  return images.filter((image) => !labelled.includes(parse(image).name));
}

async function save({label, filename, score = null, version = null}) {
  const annotation = {label, source: version ? 'auto' : 'manual', score, version};
  const target = join(annotations, `${parse(filename).name}.json`);
  const temporary = `${target}.${++written}.tmp`;
  const file = await open(temporary, 'w');
  await file.writeFile(JSON.stringify(annotation));
  await file.sync();
  await file.close();
  await rename(temporary, target);
  const directory = await open(annotations, 'r');
  await directory.sync();
  await directory.close();
  return {status: 'success'};
}

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', async () => {
    try {
      const answer = request.method === 'POST' ? await save(JSON.parse(Buffer.concat(parts).toString())) : await filelist();
      response.writeHead(200, {'Content-Type': 'application/json'}).end(JSON.stringify(answer));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({api: `http://127.0.0.1:${server.address().port}`})));
