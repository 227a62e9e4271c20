// save_load.mjs ADDRESS CONNECTIONS SECONDS NAMES: labels the frames that the file NAMES lists, one after the other on each
// of so many connections that stay open, until the time or the list is over. Prints {"saves", "seconds"}.
import {readFileSync} from 'node:fs';
import {Agent, request} from 'node:http';

const [address, connections, seconds, names] = process.argv.slice(2);
const list = JSON.parse(readFileSync(names, 'utf8'));
const agent = new Agent({keepAlive: true, maxSockets: Number(connections)});
const {hostname, port} = new URL(address);
let next = 0;
let saves = 0;

function save(filename) {
  const body = JSON.stringify({label: next % 2 ? 'CAT' : 'DOG', filename, score: 0.75, version: 2});
  return new Promise((resolve, reject) => {
    const asked = request({
      hostname, port, path: '/label', method: 'POST', agent,
      headers: {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body)},
    }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`answered ${answer.statusCode}`));
      answer.resume().on('end', resolve);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const begun = performance.now();
const over = begun + Number(seconds) * 1000;
await Promise.all(Array.from({length: Number(connections)}, async () => {
  while (performance.now() < over && next < list.length) {
    await save(list[next++]);
    ++saves;
  }
}));
console.log(JSON.stringify({saves, seconds: (performance.now() - begun) / 1000}));
agent.destroy();
