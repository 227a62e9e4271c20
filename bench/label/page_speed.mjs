// page_speed.mjs PROGRAM PHOTOGRAPHS [DELAY…]: how long from a key to the next image on the screen, and whether a label ever
// lands on another image than the one that was seen. 400 images (the folder's photographs under as many names as it
// takes), bursts of ten keys at ten a second, the server slower by each DELAY in milliseconds (0 20 100).
// CHROMIUM is the browser. Prints one JSON line a delay, and one for the grid.
import {existsSync, readdirSync} from 'node:fs';

import {withBrowser} from '../../tests/browser/browser.mjs';
import {LabelSite} from '../../tests/browser/label_site.mjs';
import {allSaved, openLabeller} from '../../tests/browser/label_steps.mjs';

const kImages = 400;
const kBurst = 10;
const kKeyMilliseconds = 100;
const kPauseMilliseconds = 500;

const [program, photographs, ...given] = process.argv.slice(2);
if (!photographs || !existsSync(photographs)) {
  console.error('skipped: the folder of photographs is missing');
  process.exit(0);
}
const delays = given.length > 0 ? given.map(Number) : [0, 20, 100];

function copies() {
  const from = readdirSync(photographs).filter((name) => /^(cat|dog)/.test(name)).sort();
  return Object.fromEntries(Array.from({length: kImages}, (_, index) => {
    const name = from[index % from.length];
    return [`${String(index).padStart(3, '0')}-${name}`, name];
  }));
}

const classOf = (name) => (name.includes('cat') ? 'CAT' : 'DOG');
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));

function quantile(sorted, share) {
  return Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(1));
}

// Times from the event's own stamp (when the browser got the key) to the moment the page has handed the next image's
// frame over.
function watchPaints() {
  window.paints = [];
  let pressed;
  window.addEventListener('keydown', (event) => { pressed ??= event.timeStamp; }, true);
  new MutationObserver(() => {
    if (pressed !== undefined) window.paints.push(performance.now() - pressed);
    pressed = undefined;
  }).observe(document.documentElement, {attributes: true, attributeFilter: ['data-painted']});
}

async function labelView(browser, delay) {
  const site = await new LabelSite({program, pictures: photographs, names: [], copies: copies(), delay}).start();
  const page = await openLabeller(browser, site);
  await page.waitForFunction(() => document.documentElement.dataset.painted !== undefined);
  await page.evaluate(watchPaints);
  await sleep(2 * kPauseMilliseconds);
  const begun = Date.now();
  let keys = 0;
  while (keys < kImages) {
    const burst = Date.now();
    for (let key = 0; key < kBurst && keys < kImages; ++key, ++keys) {
      await sleep(burst + key * kKeyMilliseconds - Date.now());
      const name = await page.evaluate(() => document.documentElement.dataset.painted);
      await page.keyboard.press(classOf(name) === 'CAT' ? 'c' : 'd');
    }
    await sleep(kPauseMilliseconds);
  }
  const seconds = (Date.now() - begun) / 1000;
  await page.waitForFunction(() => document.querySelector('.saving')?.dataset.unsaved === '0', undefined, {timeout: 60_000});
  const paints = (await page.evaluate(() => window.paints)).sort((a, b) => a - b);
  const events = await site.history();
  console.log(JSON.stringify({
    view: 'label', delay_ms: delay, keys, painted: paints.length, p50_ms: quantile(paints, 0.5), p95_ms: quantile(paints, 0.95), max_ms: quantile(paints, 1),
    labels: events.length, on_wrong_image: events.filter((event) => event.label !== classOf(event.name)).length,
    labels_per_hour: Math.round((events.length / seconds) * 3600), complaints: page.complaints.length,
  }));
  await page.context().close();
  await site.end();
}

// The grid, by keyboard alone: ten rows of a class are found by their names, selected and labelled.
async function gridView(browser) {
  const site = await new LabelSite({program, pictures: photographs, names: [], copies: copies(), delay: 20}).start();
  const page = await openLabeller(browser, site, '#/grid');
  await page.locator('.cell').first().waitFor();
  const begun = Date.now();
  for (const [part, key] of [['cat', 'c'], ['dog', 'd']]) {
    await page.getByLabel('Name has').fill(part);
    await page.keyboard.press('Enter');
    const count = Object.keys(copies()).filter((name) => name.includes(part)).length;
    await page.waitForFunction(([wanted, all]) => {
      const cells = [...document.querySelectorAll('.cell')];
      return cells[0]?.getAttribute('aria-setsize') === String(all) && cells.every((cell) => cell.dataset.name.includes(wanted));
    }, [part, count]);
    await page.getByRole('listbox').focus();
    await page.keyboard.press('Home');
    const before = (await site.history()).length;
    for (let done = 0; done < count; done += 20) {
      for (let step = 1; step < Math.min(20, count - done); ++step) await page.keyboard.press('Shift+ArrowRight');
      await page.keyboard.press(key);
      await page.keyboard.press('Escape');
      await page.keyboard.press('ArrowRight');
    }
    await allSaved(page);
    if ((await site.history()).length - before !== count) throw new Error(`${(await site.history()).length - before} labels for ${count} images`);
  }
  const seconds = (Date.now() - begun) / 1000;
  const events = await site.history();
  console.log(JSON.stringify({
    view: 'grid', labels: events.length, on_wrong_image: events.filter((event) => event.label !== classOf(event.name)).length,
    labels_per_hour: Math.round((events.length / seconds) * 3600),
  }));
  await page.context().close();
  await site.end();
}

await withBrowser(async (browser) => {
  for (const delay of delays) await labelView(browser, delay);
  await gridView(browser);
});
