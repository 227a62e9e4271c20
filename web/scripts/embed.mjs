// embed.mjs FOLDER FUNCTION OUT.cpp: writes a C++ file that defines
//   std::span<const http::EmbeddedFile> FUNCTION()      (src/http/static_files.h)
// with every file of FOLDER. The same files give the same bytes.
import {createHash} from 'node:crypto';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {extname, join, posix} from 'node:path';
import {gzipSync} from 'node:zlib';

const [folder, functionName, target] = process.argv.slice(2);
if (!target) {
  console.error('usage: node scripts/embed.mjs FOLDER FUNCTION OUT.cpp');
  process.exit(2);
}

const types = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

function list(below) {
  return readdirSync(join(folder, below), {withFileTypes: true}).flatMap((entry) => {
    const path = posix.join(below, entry.name);
    return entry.isDirectory() ? list(path) : [path];
  });
}

// Octal escapes have three digits at most, so that a digit behind one needs no care.
function literal(bytes) {
  const parts = [];
  for (let begin = 0; begin < bytes.length; begin += 4096) {
    let text = '';
    for (const byte of bytes.subarray(begin, begin + 4096)) {
      const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c && byte !== 0x3f;
      text += plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
    }
    parts.push(`    "${text}"`);
  }
  return parts.join('\n') || '    ""';
}

const files = list('').sort();
const chunks = [];
const rows = [];
for (const [index, path] of files.entries()) {
  const type = types[extname(path)];
  if (!type) throw new Error(`${path}: no content type for ${extname(path)}; add it to web/scripts/embed.mjs`);
  const content = readFileSync(join(folder, path));
  const gzip = gzipSync(content, {level: 9});
  gzip[9] = 255;  // the system it was made on: unknown, so that every machine gives the same bytes
  const etag = createHash('sha256').update(content).digest('hex').slice(0, 32);
  chunks.push(`constexpr char kFile${index}[] =\n${literal(gzip)};`);
  rows.push(`    {"${path}", "${type}", "\\"${etag}\\"", {kFile${index}, ${gzip.length}}, ${content.length}},`);
}

const [namespaceName, name] = [functionName.split('::').slice(0, -1).join('::'), functionName.split('::').at(-1)];
writeFileSync(
  target,
  `// Made by web/scripts/embed.mjs.
#include <array>
#include <span>

#include "http/static_files.h"

namespace ${namespaceName} {
namespace {
${chunks.join('\n')}
constexpr std::array<animalctl::http::EmbeddedFile, ${files.length}> kFiles{{
${rows.join('\n')}
}};
}  // namespace

std::span<const animalctl::http::EmbeddedFile> ${name}();
std::span<const animalctl::http::EmbeddedFile> ${name}() {
  return kFiles;
}

}  // namespace ${namespaceName}
`,
);
