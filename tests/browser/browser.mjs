// What the tests of pages share: a browser, a page that notes every complaint of its own, pictures, accessibility.
import {createRequire} from 'node:module';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

// The packages are web/'s.
const require = createRequire(new URL('../../web/package.json', import.meta.url));
const {chromium} = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export async function withBrowser(work) {
  const browser = await chromium.launch({executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-gpu']});
  try {
    await work(browser);
  } finally {
    await browser.close();
  }
}

// A page in a context of its own. `complaints` collects errors of scripts, of the policy and of loading. `init`: a
// function that runs in the page before its own code, and its argument.
export async function open(browser, url, {init, ...options} = {}) {
  const context = await browser.newContext({viewport: {width: 1100, height: 760}, ...options});
  if (init) await context.addInitScript(...init);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.complaints = [];
  page.on('console', (message) => message.type() === 'error' && page.complaints.push(message.text()));
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('request', (request) => {
    const address = request.url();
    if (!address.startsWith(new URL(url).origin) && !/^(blob|data):/.test(address)) page.complaints.push(`asked ${address}`);
  });
  await page.goto(url);
  return page;
}

export function check(condition, text) {
  if (!condition) throw new Error(`not so: ${text}`);
}

export async function shot(page, name) {
  await page.screenshot({path: join(process.env.SHOTS, `${name}.png`)});
}

// Rules of WCAG 2.2 A and AA that the page breaks.
export async function accessibilityFaults(page) {
  await page.evaluate(axe);
  const result = await page.evaluate(() =>
    // eslint-disable-next-line no-undef
    axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}));
  return result.violations.map((fault) => `${fault.id}: ${fault.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}
