// What stands beside a label server in the tests of its page: a model, and a network that is slow.
import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {createServer as createHttpServer} from 'node:http';
import {connect, createServer} from 'node:net';
import {join} from 'node:path';

const digest = (text) => createHash('sha1').update(text).digest('hex');

function listen(server) {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`)));
}

// A model that is sure of most and knows the class by the file's name; every seventh time it is wrong.
function prediction(name) {
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) % 10_007;
  const dog = name.includes('dog') !== (hash % 7 === 0);
  const sure = 0.5 + (hash % 500) / 1001;
  return {animal: dog ? 'DOG' : 'CAT', score: Number((dog ? sure : 1 - sure).toFixed(4)), version: 2};
}

// The prediction API over the pictures of a test. `sources`: name → file of the folder `pictures`.
export async function startModel(pictures, sources) {
  const names = new Map();
  for (const [name, from] of sources) {
    const key = digest(readFileSync(join(pictures, from)).toString('base64'));
    if (!names.has(key)) names.set(key, name);
  }
  const server = createHttpServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const answer = (status, body) => response.writeHead(status, {'Content-Type': 'application/json'}).end(JSON.stringify(body));
      if (request.url === '/health') return answer(200, {});
      const {base_64_str: picture} = JSON.parse(Buffer.concat(parts).toString());
      return answer(200, prediction(names.get(digest(picture)) ?? 'unknown'));
    });
  });
  const address = await listen(server);
  return {
    address,
    end: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}

// Hands bytes on to a port, those of the answers `delay` milliseconds late.
export class DelayingProxy {
  constructor(port, delay) {
    this.sockets = new Set();
    this.server = createServer((client) => {
      const server = connect({port, host: '127.0.0.1'});
      for (const socket of [client, server]) {
        socket.setNoDelay(true);
        this.sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => this.sockets.delete(socket));
      }
      client.on('data', (bytes) => server.write(bytes));
      client.on('close', () => server.end());
      server.on('data', (bytes) => setTimeout(() => client.write(bytes), delay));
      server.on('close', () => setTimeout(() => client.end(), delay));
    });
  }

  async start() {
    this.address = await listen(this.server);
    return this;
  }

  end() {
    return new Promise((resolve) => {
      this.server.close(resolve);
      for (const socket of this.sockets) socket.destroy();
    });
  }
}
