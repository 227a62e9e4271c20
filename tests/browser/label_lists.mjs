// label_lists.mjs PROGRAM PICTURES: grid, review, progress, import; names of files that look like code.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

import {check, withBrowser} from './browser.mjs';
import {withSite} from './label_site.mjs';
import {allSaved, contented, openLabeller, painted} from './label_steps.mjs';

const [program, pictures] = process.argv.slice(2);
const report = {};

const kOdd = {
  [`a#b?c%20d'"<img src=x onerror=window.hurt=1>&amp;.png`]: 'cat.0.png',
  '😀 🐈.png': 'cat.1.png',
  [`${'ü'.repeat(125)}.png`]: 'dog.0.png',
  '<script>window.hurt=1<.png': 'dog.1.png',
  'javascript:alert(1).png': 'dog.2.png',
  '  spaces and\nline.png': 'cat.2.png',
};

async function grid(browser, site) {
  const page = await openLabeller(browser, site, '#/grid?state=unlabelled');
  await page.getByText('120 images').waitFor();
  const cells = page.locator('.cell');
  const drawn = await cells.count();
  check(drawn > 20 && drawn < 120, `only what is near the screen is drawn, not ${drawn}`);
  await cells.nth(0).click();
  await cells.nth(4).click({modifiers: ['Shift']});
  await cells.nth(6).click({modifiers: ['Control']});
  await page.getByText('6 selected').waitFor();
  await page.keyboard.press('c');
  await allSaved(page, 6);
  report.ranged = Object.values(site.annotations()).map(({label}) => label);
  check(report.ranged.length === 6 && report.ranged.every((label) => label === 'CAT'), 'one key labels the selection');
  await page.keyboard.press('u');
  await allSaved(page);
  check(Object.keys(site.annotations()).length === 0, 'one undo takes the group back');

  // By keyboard alone.
  await page.getByRole('listbox').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('d');
  await allSaved(page);
  const byKeys = Object.keys(site.annotations()).length;
  check(byKeys > 5, `a range by keyboard: ${byKeys}`);
  await page.keyboard.press('End');
  await page.waitForFunction(() => document.querySelector('[aria-posinset="120"]') !== null);
  await page.keyboard.press('Escape');

  // A page at once: everything seen whole that has a suggestion and no label.
  await page.goto(`${site.address}/#/label`);
  await page.waitForFunction(() => document.documentElement.dataset.painted !== undefined);
  await page.goto(`${site.address}/#/grid?state=unlabelled`);
  await page.locator('.guess').first().waitFor();
  const before = Object.keys(site.annotations()).length;
  await page.getByRole('button', {name: 'Confirm this page'}).click();
  await allSaved(page);
  const confirmed = (await site.history()).filter((event) => event.shown && event.label === event.shown.label).length;
  check(Object.keys(site.annotations()).length > before + 3 && confirmed > 3, 'the page is confirmed');
  await page.getByLabel('Name has').fill('dog.1');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => [...document.querySelectorAll('.cell')].every((cell) => cell.dataset.name.startsWith('dog.1')));
  check(page.url().includes('name=dog.1'), 'the filter is in the address');
  await contented(page);
  await page.context().close();
}

async function review(browser, site) {
  const page = await openLabeller(browser, site, '#/label');
  await page.getByText('The model says').waitFor();
  await page.goto(`${site.address}/#/review`);
  const rows = page.locator('.review-row');
  await rows.nth(9).waitFor();
  const reasons = await page.locator('.review-row .badge').allTextContents();
  // Nothing is known to have drifted here.
  check(reasons[0] === 'low confidence' && !reasons.includes('drift') && reasons[9] === 'random audit', `the mix: ${reasons.slice(0, 10)}`);
  const first = await rows.nth(0).getAttribute('data-name');
  await page.keyboard.press('c');
  await page.locator('.review-row.here').and(page.locator(`[data-name="${await rows.nth(1).getAttribute('data-name')}"]`)).waitFor();
  await page.keyboard.press('r');
  await allSaved(page, 2);
  await rows.nth(0).click();
  await page.getByText('was unlabelled').waitFor();
  report.history = await page.locator('.history li').count();
  check(site.annotations()[first.replace('.png', '')].label === 'CAT', 'labelled from the review');

  await page.getByRole('link', {name: 'Rejected'}).click();
  await page.getByRole('button', {name: 'Restore'}).click();
  await allSaved(page, 3);
  check((await site.history()).at(-1).action === 'restore', 'restored');
  await page.getByRole('link', {name: 'Disagreements'}).click();
  await page.waitForFunction(() => !document.querySelector('.notice')?.textContent.includes('Loading'));

  // Somebody who sees one of three images otherwise.
  const {items} = await site.ask('/api/items?state=unlabelled&limit=3');
  for (const [who, labels] of [['anna', ['CAT', 'DOG', 'DOG']], ['ben', ['CAT', 'DOG', 'CAT']]]) {
    const changes = items.map(({name, revision}, index) => ({
      key: `${who}-kappa-${index}`, name, revision: revision + (who === 'anna' ? 0 : 1), action: 'label', label: labels[index], shown: null, blind: false, milliseconds: 900,
    }));
    const {results} = await site.ask('/api/labels', {changes}, {'X-Annotator': who});
    check(results.every(({status}) => status === 200), 'both labelled');
  }
  await page.getByRole('link', {name: 'Progress'}).click();
  await page.getByRole('heading', {name: /labelled/}).waitFor();
  report.progress = await page.locator('.legend dd').allTextContents();
  await contented(page);
  await page.context().close();
}

async function dropped(browser, site) {
  const page = await openLabeller(browser, site);
  await painted(page, 'cat.0.png');
  const files = [['cat.5.png', 'new 1.png'], ['cat.5.png', 'again.png'], ['dog.5.png', 'new#2.png']]
    .map(([from, name]) => ({name, bytes: [...readFileSync(join(pictures, from))]}));
  files.push({name: 'page.svg', bytes: [60, 115]}, {name: 'fake.png', bytes: [1, 2, 3, 4]});
  await page.evaluate((given) => {
    const transfer = new DataTransfer();
    for (const {name, bytes} of given) transfer.items.add(new File([new Uint8Array(bytes)], name));
    document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: transfer, bubbles: true, cancelable: true}));
  }, files);
  await page.getByText('5 of 5').waitFor();
  const results = await page.locator('.results li').evaluateAll((lines) => lines.map((line) => [line.querySelector('bdi').textContent, line.dataset.status]));
  report.imported = Object.fromEntries(results);
  const formats = await page.locator('.exports a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  check(formats.length === 7 && formats.every((address) => address.startsWith('api/export?format=')), 'the export menu');
  await contented(page);
  await page.context().close();
}

async function oddNames(browser, site) {
  const page = await openLabeller(browser, site, '#/grid');
  await page.waitForFunction((count) => document.querySelectorAll('.cell img').length === count
    && [...document.querySelectorAll('.cell img')].every((image) => image.complete && image.naturalWidth > 0), Object.keys(kOdd).length);
  await page.goto(`${site.address}/#/label`);
  for (let left = Object.keys(kOdd).length; left > 0; --left) {
    await page.waitForFunction(() => {
      const seen = document.documentElement.dataset.painted;
      return seen !== undefined && document.querySelector('h1 bdi')?.textContent === seen;
    });
    const name = await page.evaluate(() => document.documentElement.dataset.painted);
    check(name in kOdd, `the name is shown whole: ${name}`);
    await page.keyboard.press('d');
    await page.waitForFunction((before) => document.querySelector('h1 bdi')?.textContent !== before, name);
  }
  await page.getByText('All done').waitFor();
  await allSaved(page, Object.keys(kOdd).length);
  await page.goto(`${site.address}/#/review?kind=suspect`);
  await page.getByText('was unlabelled').waitFor();
  check((await page.evaluate(() => window.hurt)) === undefined, 'no name runs');
  report.odd = Object.keys(site.annotations()).length;
  await contented(page);
  await page.context().close();
}

await withBrowser(async (browser) => {
  await withSite({program, pictures}, (site) => grid(browser, site));
  await withSite({program, pictures, names: Array.from({length: 20}, (_, index) => `${index % 2 ? 'cat' : 'dog'}.${index >> 1}.png`)}, (site) => review(browser, site));
  await withSite({program, pictures, names: ['cat.0.png']}, (site) => dropped(browser, site));
  await withSite({program, pictures, names: [], copies: kOdd}, (site) => oddNames(browser, site));
});
console.log(JSON.stringify(report));
